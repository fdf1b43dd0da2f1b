//! Lines of a page are cut where a reader would cut them.

use super::*;

#[test]
fn lines_are_cut_where_a_reader_would() {
    assert_eq!(wrapped("one two three", 10.0, 45.0), ["one two", "three"]);
    let khmer = wrapped("សមាជិកភាពបានផុត", 10.0, 30.0);
    assert!(
        khmer.len() > 1
            && khmer.iter().all(|line| ('\u{1780}'..='\u{17b3}').contains(&line.chars().next().unwrap_or(' '))),
        "{khmer:?}"
    );
}
