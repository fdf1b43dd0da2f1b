//! A life that failed, written as a case file, so that it can be kept beside the stories. What the format of cases cannot
//! say of facts or of the law stands in comments.

use std::fmt::Write;

use krama_law::calendar::{Day, Moment};
use krama_law::fact::{AssistanceLevel, Fact, Recorded};
use krama_law::policy::{
    BackPayment, Bar, Entitlement, Entry, EntryMonths, FormalSpell, LapseCondition, LapseEffective, RetroactiveLoss,
    Revision, Within,
};

use crate::model;
use crate::strategy::{Life, readable};

/// The case, with what the model answers to each question.
pub(crate) fn of(life: &Life) -> String {
    let mut text = String::from("- name: \"a random life\"\n");
    let revisions = life.law.revisions();
    let _ = writeln!(text, "  policy: {}", policy(&revisions[0].revision));
    for published in revisions {
        let _ = writeln!(text, "  # the whole revision: {}", readable(&format!("{published:?}")));
    }
    text.push_str("  facts:\n");
    text.push_str(&facts(&life.facts));
    for (head, known) in &life.heads {
        let _ = writeln!(text, "  # facts of head {}:", head.0);
        for line in facts(known).lines() {
            let _ = writeln!(text, "  # {line}");
        }
    }
    text.push_str("  expect:\n");
    for &question in &life.questions {
        let answer = model::answer(life.asked(question));
        if let Some(stay) = question.stay {
            let _ = writeln!(text, "    # asked for a stay that began on {stay}");
        }
        let covers: Vec<String> = answer.covers.iter().map(|(scheme, _)| capitals(&format!("{scheme:?}"))).collect();
        let known =
            if question.known == Moment::MAX { String::new() } else { format!(" known: {},", question.known.day()) };
        let or_null = |day: Option<Day>| day.map_or_else(|| "null".to_owned(), |day| day.to_string());
        let _ = writeln!(
            text,
            "    - {{on: {},{known} standing: {}, cover: [{}], overdue: {}, run: {}, credit: {}, suspense: {}, pot: {}, \
             quote: {}, last_safe_day: {}}}",
            question.day,
            capitals(&format!("{:?}", answer.standing)),
            covers.join(", "),
            answer.overdue,
            answer.run,
            answer.credit,
            answer.suspense,
            answer.pot,
            answer.quote.map_or_else(|| "null".to_owned(), |price| price.to_string()),
            or_null(answer.last_safe_day),
        );
    }
    text
}

/// `LapsePending` as `LAPSE_PENDING`.
fn capitals(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

fn policy(revision: &Revision) -> String {
    let mut fields = vec![
        "base: kh-current".to_owned(),
        format!("amount: {}", revision.contribution),
        format!("due_day: {}", revision.due_day),
        format!("due_month_offset: {}", revision.due_month_offset),
        format!("prepay_months: {}", revision.prepay_months),
        format!("learnt_late_days: {}", revision.learnt_late_days),
        format!("confirmation: {}", revision.confirmation),
        format!("entitlement: {}", entitlement(&revision.entitlement)),
        format!("formal_entitlement: {}", entitlement(&revision.formal_private.entitlement)),
        format!("run_off_months: {}", revision.formal_private.run_off_months),
        format!("lapse_run_off_months: {}", revision.lapse_run_off_months),
    ];
    let lapse = revision.lapse.iter().map(|condition| match condition {
        LapseCondition::Consecutive(months) => format!("{{consecutive: {months}}}"),
        LapseCondition::Window { paid, of } => format!("{{window: [{paid}, {of}]}}"),
    });
    fields.push(format!("lapse: [{}]", lapse.collect::<Vec<_>>().join(", ")));
    if revision.lapse_effective == LapseEffective::FirstMissed {
        fields.push("effective: first_missed".to_owned());
    }
    if revision.formal_spell == FormalSpell::Pauses {
        fields.push("formal_spell: pauses".to_owned());
    }
    if revision.retroactive_loss == RetroactiveLoss::FromValid {
        fields.push("retroactive_loss: from_valid".to_owned());
    }
    if let Bar::Months(months) = revision.bar {
        fields.push(format!("bar: {months}"));
    }
    let numbers = [
        ("lifts_bar_after_months", revision.lifts_bar_after_months),
        ("suspend_after", revision.suspend_after),
        ("notice_days", revision.notice_days),
        ("longest_months", revision.longest_months),
    ];
    fields.extend(numbers.iter().filter_map(|(name, value)| value.map(|value| format!("{name}: {value}"))));
    fields.extend(revision.entry.as_ref().map(|clause| format!("entry: {}", entry(clause))));
    fields.extend(revision.late_charge.map(|charge| {
        let rate = model::rate_as_written(charge.penalty);
        format!("late_charge: {{p: {rate}, compound: {}}}", charge.compound)
    }));
    fields.extend(revision.back_payment.as_ref().map(|terms| format!("back_payment: {}", back_payment(terms))));
    format!("{{{}}}", fields.join(", "))
}

fn entry(clause: &Entry) -> String {
    let employed = match clause.employed {
        EntryMonths::Consecutive(months) => format!("{{consecutive: {months}}}"),
        EntryMonths::Window { worked, of } => format!("{{window: [{worked}, {of}]}}"),
    };
    let within = clause.within.map(|within| match within {
        Within::Days(days) => format!(", within: {{days: {days}}}"),
        Within::Months(months) => format!(", within: {{months: {months}}}"),
    });
    format!("{{employed: {employed}{}}}", within.unwrap_or_default())
}

fn entitlement(limbs: &[Entitlement]) -> String {
    let limbs = limbs.iter().map(|limb| match limb {
        Entitlement::Consecutive(months) => format!("{{consecutive: {months}}}"),
        Entitlement::Window { insured, of } => format!("{{window: [{insured}, {of}]}}"),
        Entitlement::Immediate => "immediate".to_owned(),
    });
    format!("[{}]", limbs.collect::<Vec<_>>().join(", "))
}

fn back_payment(terms: &BackPayment) -> String {
    let optional =
        |name: &str, months: Option<u16>| months.map(|months| format!(", {name}: {months}")).unwrap_or_default();
    format!(
        "{{p: {}, compound: {}{}{}{}{}, plus_current: {}, flat: {}, waiting_months: {}}}",
        // The parts of a rate are private; a million shows six decimals.
        model::rate_as_written(terms.penalty),
        terms.compound,
        optional("cap_months", terms.cap_months),
        optional("refuse_older_months", terms.refuse_older_months),
        optional("max_payments", terms.instalments.map(|instalments| instalments.most)),
        optional("instalments_from_months", terms.instalments.map(|instalments| instalments.from_months)),
        terms.plus_current,
        terms.flat,
        terms.waiting_months,
    )
}

fn facts(facts: &[Recorded]) -> String {
    let mut facts: Vec<&Recorded> = facts.iter().collect();
    facts.sort_by_key(|recorded| (recorded.known, recorded.id));
    let mut text = String::new();
    for recorded in facts {
        let known = recorded.known.day();
        let _ = match case(recorded) {
            Some(fact) => writeln!(text, "    - {{{fact}, known: {known}}}"),
            None => {
                let fact = readable(&format!("#{} {:?}", recorded.id.0, recorded.fact));
                writeln!(text, "    # known {known}: {fact}")
            }
        };
    }
    text
}

/// A fact as cases write it, if they can.
fn case(recorded: &Recorded) -> Option<String> {
    let until = |until: Option<Day>| until.map(|until| format!(", until: {until}")).unwrap_or_default();
    Some(match recorded.fact {
        Fact::Enrolled { on } => format!("enrolled: {on}"),
        Fact::Payment { on, amount, month } => {
            let named = month.map(|month| format!(", for: {month}")).unwrap_or_default();
            format!("payment: {on}, amount: {amount}{named}, id: P{}", recorded.id.0)
        }
        Fact::Reversed { payment, on } => format!("reversed: P{}, on: {on}", payment.0),
        Fact::Hired { employment, from, until: None, .. } => format!("hired: J{}, on: {from}", employment.0),
        Fact::Hired { employment, from, until: Some(last), .. } => {
            format!("job: J{}, from: {from}, until: {last}", employment.0)
        }
        Fact::Separated { employment, last } => format!("separated: J{}, on: {last}", employment.0),
        Fact::Amended { employment, from, until: last } => {
            let from = from.map(|from| format!(", from: {from}")).unwrap_or_default();
            format!("amended: J{}{from}{}", employment.0, until(last))
        }
        Fact::EmploymentRetracted { employment } => format!("retracted: J{}", employment.0),
        Fact::Certificate { level, from, until: last } => {
            let level = match level {
                AssistanceLevel::Poor1 => "POOR_1",
                AssistanceLevel::Poor2 => "POOR_2",
                AssistanceLevel::AtRisk => "AT_RISK",
            };
            format!("certificate: {level}, from: {from}{}", until(last))
        }
        Fact::Excused { from, to } => format!("excused: {{from: {from}, to: {to}}}"),
        Fact::NoticeServed { on } => format!("notice: {on}"),
        Fact::LapseConfirmed { on } => format!("confirmed: {on}"),
        Fact::LapseWaived { on } => format!("waived: {on}"),
        Fact::Died { on } => format!("died: {on}"),
        Fact::Refunded { .. }
        | Fact::EmployerMonth { .. }
        | Fact::Born { .. }
        | Fact::Household { .. }
        | Fact::Retracted { .. } => return None,
    })
}
