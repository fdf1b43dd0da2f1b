//! Cambodia's law for tests and benchmarks of the kernel alone, which has no law of its own.

use krama_law::calendar::Day;
use krama_law::fact::AssistanceLevel;
use krama_law::policy::{
    Bar, Entitlement, FormalSpell, LapseCondition, LapseEffective, OnHoliday, RetroactiveLoss, Revision,
};

/// Cambodia's law with a contribution of a hundred, so that amounts are easy to read.
pub(crate) fn cambodia() -> Revision {
    let entitlement = vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }];
    Revision {
        effective: Day(0),
        contribution: 100,
        due_day: 15,
        due_month_offset: 1,
        on_holiday: OnHoliday::Same,
        holidays: Vec::new(),
        prepay_months: 12,
        learnt_late_days: 30,
        retroactive_loss: RetroactiveLoss::FromKnown,
        lapse: vec![LapseCondition::Consecutive(6)],
        lapse_effective: LapseEffective::Breach,
        formal_spell: FormalSpell::Resets,
        notice_days: None,
        confirmation: false,
        bar: Bar::Life,
        lifts_bar_after_months: None,
        back_payment: None,
        entitlement: entitlement.clone(),
        formal_entitlement: entitlement,
        suspend_after: None,
        run_off_months: 0,
        assistance_levels: vec![AssistanceLevel::Poor1],
        sources: Vec::new(),
    }
}
