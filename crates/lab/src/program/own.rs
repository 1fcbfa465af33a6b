//! A person's own async code as a program of a host.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use base::event::AppFact;
use net::{Net, Task};

use super::{Commons, Names, Program};

/// What a program of one's own ends with: an error fails the run.
pub type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Ordinary async code, started on a host with a handle to its network and the names of the world.
pub struct Own<F> {
    name: String,
    start: F,
    foreground: bool,
}

/// A program that a run waits for.
pub fn program<F, R>(name: &str, start: F) -> Own<F>
where
    F: Fn(Net, Arc<Names>) -> R + Send + Sync + 'static,
    R: Future<Output = Ended> + Send + 'static,
{
    Own { name: name.into(), start, foreground: true }
}

/// A program that is there for others: no run waits for its end.
pub fn service<F, R>(name: &str, start: F) -> Own<F>
where
    F: Fn(Net, Arc<Names>) -> R + Send + Sync + 'static,
    R: Future<Output = Ended> + Send + 'static,
{
    Own { foreground: false, ..program(name, start) }
}

impl<F, R> Program for Own<F>
where
    F: Fn(Net, Arc<Names>) -> R + Send + Sync + 'static,
    R: Future<Output = Ended> + Send + 'static,
{
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let (own, name) = (net.clone(), self.name.clone());
        let running = (self.start)(net.clone(), world.names());
        Ok(net.spawn(async move {
            let span = own.new_span();
            let fact = match running.await {
                Ok(()) => AppFact::new("program", "done", span).with("name", name),
                Err(error) => {
                    AppFact::new("program", "failed", span).with("name", name).with("error", error.to_string())
                }
            };
            own.record(fact);
        }))
    }

    fn is_foreground(&self) -> bool {
        self.foreground
    }
}

impl<F> fmt::Debug for Own<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}
