//! The house rules, held against this tree.

use glassnet_tidy::{
    Rule, Tree, citations, coverage, documents, forbidden, headers, imports, length, licences, settings, waived,
};

fn holds(rule: &Rule) {
    rule.assert_holds(&Tree::of_this_project().expect("the project's files are readable"));
}

#[test]
fn crates_import_only_what_stands_below_them() {
    holds(&imports::CRATES);
}

#[test]
fn layers_of_the_stack_do_not_know_each_other() {
    holds(&imports::LAYERS);
}

#[test]
fn files_are_short() {
    holds(&length::FILES);
}

#[test]
fn functions_are_short() {
    holds(&length::FUNCTIONS);
}

#[test]
fn what_must_repeat_reads_no_clock_no_dice_and_prints_nothing() {
    holds(&forbidden::PURE);
}

#[test]
fn nothing_is_left_unfinished() {
    holds(&forbidden::FINISHED);
}

#[test]
fn every_file_says_what_it_is() {
    holds(&headers::RULE);
}

#[test]
fn citations_have_one_form() {
    holds(&citations::RULE);
}

#[test]
fn the_coverage_page_is_fresh() {
    holds(&coverage::RULE);
}

#[test]
fn documents_name_only_what_exists() {
    holds(&documents::RULE);
}

#[test]
fn dependencies_may_be_given_away() {
    holds(&licences::RULE);
}

#[test]
fn whoever_changes_a_default_of_the_stack_says_why() {
    holds(&settings::RULE);
}

#[test]
fn every_requirement_of_tcp_is_cited_or_waived() {
    holds(&waived::RULE);
}
