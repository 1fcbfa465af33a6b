//! The command `glassnet`: a whole internet in one process, with glass walls.

#![forbid(unsafe_code)]

mod arguments;
mod command;
mod experiment;
mod message;
mod output;
mod quantity;
mod repeat;
mod source;
mod terminal;

use std::process::ExitCode;

use arguments::Command;

fn main() -> ExitCode {
    let arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let result = match arguments.command {
        Command::Lab(lab) => command::lab::run(&lab),
        Command::Run(run) => command::run::run(&run),
        Command::Sweep(sweep) => command::sweep::run(&sweep),
        Command::Read(read) => command::read::run(&read),
        Command::Diff(diff) => command::diff::run(&diff),
        Command::Visit(visit) => command::visit::run(&visit),
        Command::Up(up) => command::up::run(&up),
        Command::Ping(ping) => command::ping::run(&ping),
        Command::Traceroute(trace) => command::traceroute::run(&trace),
        Command::Dig(dig) => command::dig::run(&dig),
        Command::Fetch(fetch) => command::fetch::run(&fetch),
        Command::Check(check) => command::check::run(&check),
        Command::Schema(schema) => command::schema::run(&schema),
        Command::Import(import) => command::import::run(&import),
        Command::Export(export) => command::export::run(&export),
        Command::Ports(ports) => command::ports::run(&ports),
        Command::Address(address) => command::address::run(&address),
    };
    match result {
        Ok(code) => code,
        Err(problem) => problem.print(),
    }
}
