//! The drawing against a fixed answer, sign by sign.

use time::macros::date;

use super::*;
use crate::proto::v1::{AsOf, Balance, ContestedReading, Cover, Door, DoorKind, MonthState, MonthView, Scheme, Step};

fn month(month: &str, state: MonthState, standing: Standing, scheme: Option<Scheme>) -> MonthView {
    let cover = |scheme: Scheme| Cover { scheme: scheme.into(), ..Cover::default() };
    MonthView {
        month: month.to_owned(),
        standing: standing.into(),
        state: state.into(),
        covered: scheme.is_some(),
        covers: scheme.map(cover).into_iter().collect(),
    }
}

fn step(day: time::Date, text: &str, citation: &str) -> Step {
    let (text, citation) = (text.to_owned(), citation.to_owned());
    Step { day: Some(civil::wire(day)), text, citation, ..Step::default() }
}

/// Somebody who paid three months, missed seven, was out, and was hired.
fn answer() -> ExplainCoverageResponse {
    let mut months = vec![
        month("2025-11", MonthState::Paid, Standing::Current, None),
        month("2025-12", MonthState::Paid, Standing::Current, None),
        month("2026-01", MonthState::Paid, Standing::Current, Some(Scheme::Voluntary)),
    ];
    for number in 2..=8 {
        months.push(month(&format!("2026-{number:02}"), MonthState::Overdue, Standing::InArrears, None));
    }
    months.push(month("2026-09", MonthState::NotYetDue, Standing::Abandoned, None));
    months.push(month("2026-10", MonthState::Exempt, Standing::Employed, Some(Scheme::Formal)));
    ExplainCoverageResponse {
        decision: Some(Decision {
            standing: Standing::Abandoned.into(),
            since: Some(civil::wire(date!(2026 - 09 - 16))),
            balance: Some(Balance { suspense_riel: 15_600, ..Balance::default() }),
            doors: vec![Door {
                kind: DoorKind::FormalEmployment.into(),
                price_riel: None,
                first_benefit_day: Some(civil::wire(date!(2026 - 11 - 01))),
                open_until: None,
            }],
            policy_revision: "kh-2024".to_owned(),
            as_of: Some(AsOf {
                valid_at: Some(civil::wire(date!(2026 - 09 - 16))),
                known_at: Some(civil::at_hour(date!(2026 - 09 - 17), 8)),
            }),
            ..Decision::default()
        }),
        steps: vec![
            step(date!(2026 - 09 - 16), "Seven months were overdue in a row: membership ended.", "Prakas 1, clause 2"),
            step(date!(2026 - 02 - 10), "A payment of 15,600 riel went to 2026-01.", "Statement of 2024"),
            step(date!(2026 - 01 - 08), "A payment of 15,600 riel went to 2025-12.", "Statement of 2024"),
            step(date!(2025 - 11 - 03), "Enrolled in the voluntary scheme.", ""),
        ],
        months,
        ..ExplainCoverageResponse::default()
    }
}

const GOLDEN: &str = "\
on 2026-09-16, as known at 2026-09-17 08:00 in Phnom Penh, by the policy kh-2024
ABANDONED since 2026-09-16

             Jan  Feb  Mar  Apr  May  Jun  Jul  Aug  Sep  Oct  Nov  Dec
2025 month                                                     ■    ■
     cover                                                     -    -
2026 month   ■    ×    ×    ×    ×    ×    ×    ×    □    e
     cover   V    -    -    -    -    -    -    -    X    F

month        ■ paid   × overdue   □ owed, not due yet   e exempt: employed or excused
cover        - no cover   V voluntary cover   X abandoned, no cover   F cover by formal employment   (at the end of the month)

Cover
  none

Money
  in suspense, refundable: 15,600 riel

Ways back
  formal employment, benefits from 2026-11-01 for somebody who takes it today

Why
  2026-09-16  Seven months were overdue in a row: membership ended. [1]
  2026-02-10  A payment of 15,600 riel went to 2026-01. [2]
  2026-01-08  A payment of 15,600 riel went to 2025-12. [2]
  2025-11-03  Enrolled in the voluntary scheme.

Sources
  [1] Prakas 1, clause 2
  [2] Statement of 2024
";

#[test]
fn an_explanation_is_drawn_month_by_month() {
    let drawn = draw(&answer(), Pen::Plain);
    assert_eq!(drawn, GOLDEN, "\n{drawn}");
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = draw(&answer(), Pen::Coloured);
    assert!(coloured.contains("\u{1b}[31mABANDONED\u{1b}[0m"));
    let mut plain = String::new();
    let mut parts = coloured.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').unwrap().1);
    }
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n") + "\n", GOLDEN);
}

#[test]
fn a_member_without_a_month_is_drawn_as_such() {
    let answer = ExplainCoverageResponse { decision: Some(Decision::default()), ..ExplainCoverageResponse::default() };
    let drawn = draw(&answer, Pen::Plain);
    assert!(drawn.contains("(no month is on record yet)"), "{drawn}");
    assert!(drawn.contains("nothing owed, nothing held"), "{drawn}");
    assert!(drawn.contains("nothing has happened yet"), "{drawn}");
}

#[test]
fn readings_that_differ_are_told_and_nothing_where_all_agree() {
    let calm = draw(&answer(), Pen::Plain);
    assert!(!calm.contains("Contested"), "{calm}");
    let reading = ContestedReading {
        reading: "elapsed".to_owned(),
        title: "Six months have passed".to_owned(),
        standing: Standing::InArrears.into(),
        since: Some(civil::wire(date!(2026 - 09 - 01))),
        covers: Vec::new(),
    };
    let told = draw(&ExplainCoverageResponse { contested: vec![reading], ..answer() }, Pen::Plain);
    let line = "\n  Six months have passed: IN ARREARS since 2026-09-01, no cover\n";
    assert!(told.contains("\nContested: a person should look") && told.contains(line), "{told}");
}
