//! What supports each field of a law document: a citation, an assumption, or both.
//!
//! A field without a source and a source without a field are errors, so that no number of the law is ever nobody's.
//! Absent: any opinion on whether a citation is a good one.

use krama_law::policy::Source;

use crate::policy_file::document::Document;

/// Every field that a document must support with a source, whatever it holds.
const FIELDS: [&str; 30] = [
    "voluntary.contribution_riel",
    "voluntary.due_day",
    "voluntary.due_month_offset",
    "voluntary.on_holiday",
    "voluntary.prepay_months",
    "voluntary.entitlement",
    "voluntary.paid_before_stay",
    "voluntary.suspend_after",
    "voluntary.suspension_return",
    "voluntary.lapse.conditions",
    "voluntary.lapse.effective",
    "voluntary.lapse.formal_spell",
    "voluntary.lapse.notice_days",
    "voluntary.lapse.confirmation",
    "voluntary.return.bar",
    "voluntary.return.lifts_bar_after_months",
    "voluntary.return.back_payment",
    "voluntary.return.co_payment",
    "voluntary.return.amnesties",
    "late_knowledge.learnt_late_days",
    "late_knowledge.retroactive_loss",
    "formal.month_counts",
    "formal.private.entitlement",
    "formal.private.run_off_months",
    "formal.public.entitlement",
    "formal.public.run_off_months",
    "assistance.levels",
    "assistance.social_assistance",
    "transition.gaps",
    "transition.bars",
];

/// What a law that covers dependants says of them.
const OF_DEPENDANTS: [&str; 5] = [
    "dependants.head_schemes",
    "dependants.child_under",
    "dependants.disabled",
    "dependants.spouse_under",
    "dependants.registered_marriage",
];

/// What a law that covers no dependants has to support instead.
const NO_DEPENDANTS: [&str; 1] = ["dependants"];

/// What a law that has members warned says of it.
const OF_NOTICES: [&str; 2] = ["voluntary.notices.first_missed", "voluntary.notices.days_before"];

/// The sources of a document, once every field has one and every source a field.
pub(super) fn sources(document: &Document) -> Result<Vec<Source>, String> {
    let of_dependants: &[&str] = if document.dependants.0.is_some() { &OF_DEPENDANTS } else { &NO_DEPENDANTS };
    let of_notices: &[&str] = if document.voluntary.notices.is_some() { &OF_NOTICES } else { &[] };
    let fields: Vec<&str> = FIELDS.iter().chain(of_dependants).chain(of_notices).copied().collect();
    let sources = &document.source;
    for field in &fields {
        if !sources.iter().any(|source| source.field == *field) {
            return Err(format!("`{field}` has no [[source]]: give it a citation, or an assumption"));
        }
    }
    for (index, source) in sources.iter().enumerate() {
        let field = &source.field;
        if !fields.contains(&field.as_str()) {
            return Err(format!("[[source]] names `{field}`, which is no field of this law document"));
        }
        if sources[..index].iter().any(|earlier| earlier.field == *field) {
            return Err(format!("`{field}` has two [[source]] entries; one says all"));
        }
        if source.citation.is_none() && source.assumption.is_none() {
            return Err(format!("[[source]] of `{field}` needs a `citation` or an `assumption`"));
        }
    }
    let source = sources.iter().map(|source| Source {
        field: source.field.clone(),
        citation: source.citation.clone(),
        assumption: source.assumption.clone(),
    });
    Ok(source.collect())
}
