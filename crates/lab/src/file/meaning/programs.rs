//! What runs on the nodes: programs and services with their settings, and no two that listen at one port.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::Duration;
use wire::ip::Protocol;

use super::Reading;
use crate::file::diagnose::Problem;
use crate::file::tree::Place;
use crate::program::registry::{SERVICES, Written, programs};
use crate::program::{DhcpClient, Program};
use crate::scenario::{Run, Scenario};

impl Reading<'_> {
    /// Adds the programs to the nodes. Servers come first, so that clients of the same moment find them.
    pub(super) fn programs(&mut self, scenario: &mut Scenario) {
        let file = self.file;
        for (spec, (name, node)) in scenario.nodes.iter_mut().zip(file.node.iter()) {
            if !spec.is_host() {
                continue;
            }
            let mut ports: BTreeMap<(u8, u16), (Place, String)> = BTreeMap::new();
            // A client with settings of its own is among the programs.
            let has_client = node.run.iter().any(|run| run.program == DhcpClient::NAME);
            for interface in spec.interfaces.iter().filter(|interface| interface.dynamic && !has_client) {
                let client: Arc<dyn Program> = Arc::new(DhcpClient::on(&interface.name));
                spec.programs.push(Run { program: client, start: Duration::ZERO, background: Some(true) });
            }
            for (index, service) in node.serve.iter().enumerate() {
                let place = Place::of(["node", name, "serve"]).then(index);
                let Some(entry) = SERVICES.iter().find(|entry| entry.name == service) else { continue };
                if let Some(program) = self.read(entry.name, (entry.read)(toml::Table::new()), &place, &mut ports) {
                    spec.programs.push(Run { program, start: Duration::ZERO, background: Some(true) });
                }
            }
            for (index, run) in node.run.iter().enumerate() {
                let place = Place::of(["node", name, "run"]).then(index);
                let Some(entry) = programs().find(|entry| entry.name == run.program) else { continue };
                if let Some(program) = self.read(entry.name, (entry.read)(run.settings.clone()), &place, &mut ports) {
                    let start = run.start.as_ref().map_or(Duration::ZERO, |start| start.0);
                    self.check_start(start, &place);
                    spec.programs.push(Run { program, start, background: run.background });
                }
            }
        }
    }

    fn read(
        &mut self,
        name: &str,
        read: Result<Arc<dyn Program>, String>,
        place: &Place,
        ports: &mut BTreeMap<(u8, u16), (Place, String)>,
    ) -> Option<Arc<dyn Program>> {
        let program = match read {
            Ok(program) => program,
            Err(error) => {
                let error = error.lines().next().unwrap_or("").to_owned();
                let problem = Problem::new(self.span(place), format!("the program {name} cannot be read: {error}"));
                self.report(problem.label("these settings"));
                return None;
            }
        };
        for (protocol, port) in program.listens() {
            let Some((first, other)) = ports.insert((protocol.0, port), (place.clone(), name.to_owned())) else {
                continue;
            };
            let transport = if protocol == Protocol::TCP { "TCP" } else { "UDP" };
            let title = format!("{other} and {name} both listen on {transport} port {port}");
            let problem = Problem::new(self.span(place), title).label("the second");
            let problem = problem.also(self.span(&first), "the first");
            self.report(problem.help("give one of them another `port`, or run it on another node"));
        }
        Some(program)
    }

    fn check_start(&mut self, start: Duration, place: &Place) {
        let limit = self.file.limit.as_ref().map_or(super::LIMIT, |limit| limit.0);
        if start > limit {
            let title = format!("this program would start at {start}, after the run's end");
            let problem = Problem::new(self.span(&place.then("start")), title).label("too late");
            self.report(problem.help(format!("the limit is {limit}: start earlier or write a longer `limit`")));
        }
    }
}
