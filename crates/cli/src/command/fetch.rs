//! `glassnet fetch`: what does a server send for a URL?

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use services::browser::{self, Fetch as Fetched, Options};
use services::url::Url;

use super::in_world::{InWorld, millis, no_end};
use crate::message::{FAILED, Problem};
use crate::output::write;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Fetch {
    /// The URL
    #[arg(value_name = "URL")]
    url: String,
    #[command(flatten)]
    world: InWorld,
    /// Write the body to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show status, header fields, and where the time went
    #[arg(long, short)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Example:
  glassnet fetch https://www.example.com/ -v       status, header fields, times
  glassnet fetch https://www.example.com/50MB.bin -o big.bin
  glassnet fetch http://server/ --in my.toml       in a world of your own";

pub(crate) fn run(fetch: &Fetch) -> Result<ExitCode, Problem> {
    Url::typed(&fetch.url).map_err(|why| {
        let hint = "write it like https://www.example.com/page: a scheme, a host, a path";
        Problem::new("nothing can be fetched", why, hint)
    })?;
    let mut asker = fetch.world.enter()?;
    let net = asker.net().clone();
    let hosts = if net.resolvers().is_empty() { asker.names().hosts() } else { Vec::new() };
    let options = Options { hosts, ..Options::default() };
    let (url, trust) = (fetch.url.clone(), asker.trust());
    let fetched = asker.run(async move { browser::fetch(&net, &url, &trust, &options).await }).map_err(no_end)?;
    if let (Some(file), Ok((_, response))) = (&fetch.output, &fetched.result) {
        write(file, &response.body)?;
    }
    if fetch.world.json {
        print_json(fetch, asker.host(), &fetched);
    } else {
        print(fetch, &fetched);
    }
    let good = fetched.result.as_ref().is_ok_and(|(_, response)| response.status < 400);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn print(fetch: &Fetch, fetched: &Fetched) {
    match &fetched.result {
        Err(failure) => {
            anstream::eprintln!("\x1b[1;31mnothing came\x1b[0m: it failed at {}", failure.step.name());
            anstream::eprintln!("   {} said: {}", failure.party, failure.said);
            anstream::eprintln!("   try: {}", failure.advice);
        }
        Ok((url, response)) => {
            if fetch.verbose {
                let fields: String = response.headers().map(|(name, value)| format!("  {name}: {value}\n")).collect();
                let whole = fetched.time;
                let browser::Parts { dns, tcp, tls, http } = fetched.parts;
                let [dns, tcp, tls, http, whole] = [dns, tcp, tls, http, whole].map(millis);
                anstream::eprintln!("{} {url}, {} bytes", response.status, response.body.len());
                anstream::eprint!("{fields}");
                anstream::eprintln!("name {dns}, TCP {tcp}, TLS {tls}, HTTP {http}: {whole} in all\n");
            } else if response.status >= 400 {
                anstream::eprintln!("\x1b[1;33mnote\x1b[0m: the server answered {}", response.status);
            }
            match &fetch.output {
                Some(file) => anstream::eprintln!("{} bytes in {}", response.body.len(), file.display()),
                // A reader that has gone away is no error.
                None => drop(std::io::stdout().lock().write_all(&response.body)),
            }
        }
    }
}

fn print_json(fetch: &Fetch, from: &str, fetched: &Fetched) {
    let browser::Parts { dns, tcp, tls, http } = fetched.parts;
    let mut all = serde_json::json!({
        "world": fetch.world.world,
        "from": from,
        "url": fetch.url,
        "time_ns": fetched.time.nanos(),
        "dns_ns": dns.nanos(),
        "tcp_ns": tcp.nanos(),
        "tls_ns": tls.nanos(),
        "http_ns": http.nanos(),
    });
    let more = match &fetched.result {
        Ok((url, response)) => serde_json::json!({
            "found": url.to_string(),
            "status": response.status,
            "bytes": response.body.len(),
            "headers": response.headers().map(|(name, value)| [name, value]).collect::<Vec<_>>(),
            "body": String::from_utf8(response.body.to_vec()).ok(),
        }),
        Err(failure) => serde_json::json!({
            "failure": { "step": failure.step.name(), "party": failure.party, "said": failure.said, "try": failure.advice },
        }),
    };
    if let (Some(all), serde_json::Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    terminal::print(&format!("{all:#}\n"));
}
