//! Cambodia's law for tests and benchmarks of the kernel alone, which has no law of its own.

use krama_law::answer::Scheme;
use krama_law::calendar::Day;
use krama_law::fact::AssistanceLevel;
use krama_law::policy::{
    Bar, DependantRule, Entitlement, Formal, FormalMonthCounts, FormalSpell, LapseCondition, LapseEffective, Notices,
    OnHoliday, RetroactiveLoss, Revision, Transition,
};

/// Cambodia's law with a contribution of a hundred, so that amounts are easy to read.
pub(crate) fn cambodia() -> Revision {
    let entitlement = vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }];
    Revision {
        effective: Day(0),
        contribution: 100,
        due_day: 15,
        due_month_offset: 1,
        entry: None,
        longest_months: None,
        on_holiday: OnHoliday::Same,
        holidays: Vec::new(),
        late_charge: None,
        prepay_months: 12,
        learnt_late_days: 30,
        retroactive_loss: RetroactiveLoss::FromKnown,
        lapse: vec![LapseCondition::Consecutive(6)],
        lapse_effective: LapseEffective::Breach,
        lapse_run_off_months: 0,
        formal_spell: FormalSpell::Resets,
        notice_days: None,
        confirmation: false,
        bar: Bar::Life,
        lifts_bar_after_months: None,
        back_payment: None,
        entitlement: entitlement.clone(),
        suspend_after: None,
        suspension_return: None,
        co_payment: None,
        amnesties: Vec::new(),
        paid_before_stay: false,
        formal_private: Formal { entitlement: entitlement.clone(), run_off_months: 0 },
        formal_public: Formal { entitlement, run_off_months: 0 },
        formal_month_counts: FormalMonthCounts::Employed,
        wage_rates: Vec::new(),
        dependants: Some(DependantRule {
            head_schemes: vec![Scheme::Voluntary, Scheme::Formal, Scheme::RunOff],
            child_under: 18,
            disabled: true,
            spouse_under: Some(60),
            registered_marriage: true,
        }),
        social_assistance: false,
        transition: Transition { gaps_count: true, bars_lifted: false },
        notices: Notices::default(),
        assistance_levels: vec![AssistanceLevel::Poor1],
        sources: Vec::new(),
    }
}
