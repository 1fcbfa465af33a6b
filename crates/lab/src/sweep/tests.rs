//! A small lab, swept.

use super::*;

const LAB: &str = r#"
name = "transfer"
title = "Bytes over a line that loses some"
limit = "60s"
[node.client]
[[node.client.run]]
program = "bulk"
to = "server"
bytes = "100kB"
[node.server]
[[node.server.run]]
program = "sink"
[[link]]
name = "wire"
endpoints = ["client:eth0", "server:eth0"]
rate = "10mbit"
delay = "5ms"
[[expect]]
that = "count(bulk.done) == 1"
"#;

fn sweep(vary: &[&str], seeds: u64) -> Sweep {
    let vary = vary.iter().map(|text| Vary::parse(text).expect("a variable")).collect();
    Sweep { text: LAB.into(), source_name: "transfer.toml".into(), overrides: Vec::new(), vary, seeds }
}

fn results(jobs: usize) -> Results {
    let plan = sweep(&["loss=0%,5%", "cc=reno,cubic"], 3).plan().expect("a plan");
    assert_eq!(plan.runs(), 12);
    plan.run(jobs, &|_| {}).expect("worlds that can be built")
}

#[test]
fn results_are_the_same_on_any_number_of_threads() {
    let one = results(1);
    assert_eq!(one, results(4));
    let values: Vec<String> = one.rows.iter().map(|row| row.values.join(" ")).collect();
    assert_eq!(values, ["0% reno", "0% cubic", "5% reno", "5% cubic"]);
    assert!(one.rows.iter().all(|row| row.pass_rate() == 1.0 && row.runs.len() == 3));
    let rate = one.measures.iter().position(|quantity| quantity.name == "bulk.done.rate").expect("bulk tells its rate");
    assert!(one.rows[0].summaries[rate].mean > one.rows[2].summaries[rate].mean, "loss costs something");
}

#[test]
fn a_table_has_one_row_for_each_combination_or_run() {
    let results = results(2);
    let csv = results.csv();
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.starts_with("loss,cc,runs,as_expected,"), "{csv}");
    assert!(csv.lines().next().is_some_and(|header| header.contains("bulk.done.rate.mean,bulk.done.rate.stddev")));
    assert_eq!(results.csv_of_runs().lines().count(), 13);
    let table = results.table();
    assert!(
        table.contains("3 of 3") && table.contains('±') && table.contains("bulk.done.bytes is always 100 k"),
        "{table}"
    );
}

#[test]
fn there_is_one_plot_for_each_variable() {
    let charts = results(2).charts();
    let names: Vec<&str> = charts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["loss", "cc"]);
    assert!(charts.iter().all(|(_, chart)| chart.svg().contains("bulk.done.rate")));
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    let wrong = sweep(&["cc=reno,cubicc"], 3).plan().expect_err("no such control").to_string();
    assert!(wrong.contains("cubicc") && wrong.contains("cubic"), "{wrong}");
    let many = sweep(&["loss=0%,5%"], u64::MAX).plan().expect_err("far too many").to_string();
    assert!(many.contains("2 combinations"), "{many}");
}
