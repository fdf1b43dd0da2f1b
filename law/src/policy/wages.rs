//! Wages: what is paid on a month's wage for each branch of formal social security, by its rate of the time.
//!
//! Absent: whether anybody paid it, which the employer's facts tell, and what cover a month gives.

use crate::calendar::{Day, Month};
use crate::fact::Sector;
use crate::money::{Rate, Riel, Rounding};
use crate::policy::Revision;

/// A branch of formal social security.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Branch {
    /// Accidents at work and on the way to it, and occupational disease.
    OccupationalRisk,
    /// Health care.
    HealthCare,
    /// The pension.
    Pension,
}

impl Branch {
    /// Every branch, in the order in which they are told.
    pub const ALL: [Branch; 3] = [Branch::OccupationalRisk, Branch::HealthCare, Branch::Pension];
}

/// The rate of one branch in one sector, until a later one takes its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WageRate {
    /// Whose employees.
    pub sector: Sector,
    /// For what.
    pub branch: Branch,
    /// From which day on; `None`: from before the law tells.
    pub from: Option<Day>,
    /// The part of the contributory wage that the employer pays.
    pub employer: Rate,
    /// The part that the worker pays.
    pub worker: Rate,
    /// On how much of a wage.
    pub base: WageBase,
    /// What becomes of a part of a riel, for each of the two.
    pub rounding: Rounding,
}

/// Which wage is contributory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WageBase {
    /// The wage itself, but no less and no more than this.
    Between {
        /// No less.
        floor: Riel,
        /// No more; `None`: all of it.
        ceiling: Option<Riel>,
    },
    /// The middle of the rank that the wage lies in. Each bound but the first is the last wage of a rank; up to the first
    /// and above the last the bound itself.
    Ranks(Vec<Riel>),
}

/// What is paid on one wage for one branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WageContribution {
    /// For what.
    pub branch: Branch,
    /// The contributory wage.
    pub base: Riel,
    /// By the employer.
    pub employer: Riel,
    /// By the worker.
    pub worker: Riel,
}

impl WageBase {
    fn of(&self, wage: Riel) -> Riel {
        match self {
            WageBase::Between { floor, ceiling } => wage.max(*floor).min(ceiling.unwrap_or(Riel::MAX)),
            WageBase::Ranks(bounds) => match bounds.partition_point(|bound| *bound < wage) {
                0 => bounds.first().copied().unwrap_or(wage),
                above if above == bounds.len() => bounds[above - 1],
                rank => bounds[rank - 1].midpoint(bounds[rank]),
            },
        }
    }
}

impl Revision {
    /// What is paid on a month's wage in a sector, for each branch that has a rate on the first day of the month.
    pub fn wage_contributions(&self, sector: Sector, wage: Riel, month: Month) -> Vec<WageContribution> {
        let first = month.first_day();
        let of_branch = |branch| {
            let rates = self.wage_rates.iter().filter(|rate| rate.sector == sector && rate.branch == branch);
            let begun = rates.filter(|rate| rate.from.is_none_or(|from| from <= first));
            let rate = begun.max_by_key(|rate| rate.from)?;
            let base = rate.base.of(wage);
            let (employer, worker) = (rate.rounding.part(base, rate.employer), rate.rounding.part(base, rate.worker));
            Some(WageContribution { branch, base, employer, worker })
        };
        Branch::ALL.into_iter().filter_map(of_branch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::plain;

    fn rate(branch: Branch, from: Option<Day>, employer: &str) -> WageRate {
        WageRate {
            sector: Sector::Private,
            branch,
            from,
            employer: employer.parse().unwrap(),
            worker: "0.02".parse().unwrap(),
            base: WageBase::Between { floor: 400_000, ceiling: Some(1_200_000) },
            rounding: Rounding::Nearest,
        }
    }

    #[test]
    fn a_wage_is_contributory_between_its_floor_and_its_ceiling() {
        let base = WageBase::Between { floor: 400_000, ceiling: Some(1_200_000) };
        let of = |wages: [Riel; 4]| wages.map(|wage| base.of(wage));
        assert_eq!(of([399_999, 400_000, 400_001, 0]), [400_000, 400_000, 400_001, 400_000]);
        assert_eq!(of([1_199_999, 1_200_000, 1_200_001, 9_000_000]), [1_199_999, 1_200_000, 1_200_000, 1_200_000]);
        assert_eq!(WageBase::Between { floor: 0, ceiling: None }.of(9_000_000), 9_000_000);
    }

    #[test]
    fn a_rank_is_charged_by_its_middle() {
        let base = WageBase::Ranks(vec![200_000, 250_000, 300_000]);
        let of = |wages: [Riel; 6]| wages.map(|wage| base.of(wage));
        assert_eq!(
            of([1, 200_000, 200_001, 250_000, 250_001, 300_000]),
            [200_000, 200_000, 225_000, 225_000, 275_000, 275_000]
        );
        assert_eq!([300_001, 5_000_000].map(|wage| base.of(wage)), [300_000, 300_000]);
    }

    #[test]
    fn the_rate_of_the_first_day_of_the_month_counts_for_each_branch_and_sector() {
        let (may, later) = (Month::of(2027, 5), Month::of(2027, 10).first_day());
        let rates = vec![
            rate(Branch::Pension, Some(later), "0.04"),
            rate(Branch::Pension, Some(may.first_day()), "0.02"),
            rate(Branch::OccupationalRisk, None, "0.008"),
            WageRate { sector: Sector::Public, ..rate(Branch::HealthCare, None, "0.01") },
        ];
        let law = Revision { wage_rates: rates, ..plain() };
        let paid = |sector, month| {
            let all = law.wage_contributions(sector, 900_000, month);
            all.into_iter().map(|paid| (paid.branch, paid.employer, paid.worker)).collect::<Vec<_>>()
        };
        let risk = (Branch::OccupationalRisk, 7_200, 18_000);
        assert_eq!(paid(Sector::Private, may.plus(-1)), [risk]);
        assert_eq!(paid(Sector::Private, may), [risk, (Branch::Pension, 18_000, 18_000)]);
        assert_eq!(paid(Sector::Private, later.month().plus(-1)), [risk, (Branch::Pension, 18_000, 18_000)]);
        assert_eq!(paid(Sector::Private, later.month()), [risk, (Branch::Pension, 36_000, 18_000)]);
        assert_eq!(paid(Sector::Public, may), [(Branch::HealthCare, 9_000, 18_000)]);
    }
}
