//! Money: whole riel, and penalties computed exactly.
//!
//! The riel has no minor unit in use, so an amount is an integer; a penalty is a decimal fraction that is never
//! turned into a binary float, and a price is rounded up to the riel once, at the very end.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigUint;

/// An amount in whole riel (or in whole units of the law's currency).
pub type Riel = i64;

/// A non-negative decimal fraction, exactly as written: `0.015` is fifteen thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    parts: u32,
    scale: u32,
}

/// A text that is no rate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a rate such as 0.01, with at most six decimals and less than 1000")]
pub struct BadRate(pub String);

impl Rate {
    /// No penalty.
    pub const ZERO: Rate = Rate { parts: 0, scale: 1 };
}

impl fmt::Display for Rate {
    /// Exactly as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.parts / self.scale, self.parts % self.scale);
        match self.scale.ilog10() {
            0 => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{rest:0width$}", width = usize::try_from(decimals).unwrap_or(0)),
        }
    }
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Rate, BadRate> {
        let bad = || BadRate(text.to_owned());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || decimals.len() > 6 || !plain(whole) || !plain(decimals) {
            return Err(bad());
        }
        let scale = 10_u32.pow(u32::try_from(decimals.len()).map_err(|_| bad())?);
        let parts = format!("{whole}{decimals}").parse().map_err(|_| bad())?;
        Ok(Rate { parts, scale })
    }
}

/// What becomes of a part of a riel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// A whole one is asked for.
    Up,
    /// It is left.
    Down,
    /// From a half on a whole one is asked for.
    Nearest,
}

impl Rounding {
    /// A part of an amount, which is not negative, in whole riel.
    pub fn part(self, amount: Riel, rate: Rate) -> Riel {
        let (scale, parts) = (i128::from(rate.scale), i128::from(amount) * i128::from(rate.parts));
        let added = match self {
            Rounding::Up => scale - 1,
            Rounding::Down => 0,
            Rounding::Nearest => scale / 2,
        };
        Riel::try_from((parts + added) / scale).unwrap_or(Riel::MAX)
    }
}

/// One month that a back-payment asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lack {
    /// What the month's contribution lacks, in riel.
    pub amount: Riel,
    /// The months started since its due day; 0 while it has not fallen due.
    pub months_late: u32,
}

/// How much of money that is paid for something late lessens what is lacking, and how much is the penalty on that part:
/// the greatest part that the money pays together with its penalty, which takes up what is left of a riel.
pub(crate) fn paid_with_penalty(money: Riel, lack: Lack, penalty: Rate, compound: bool) -> (Riel, Riel) {
    let whole = price_with_penalty(&[lack], penalty, compound, 0);
    if money >= whole {
        return (lack.amount, whole - lack.amount);
    }
    let (scale, parts) = (u64::from(penalty.scale), u64::from(penalty.parts));
    let (over, under) = if compound {
        (BigUint::from(scale + parts).pow(lack.months_late), BigUint::from(scale).pow(lack.months_late))
    } else {
        (BigUint::from(scale + parts * u64::from(lack.months_late)), BigUint::from(scale))
    };
    let part = BigUint::from(u64::try_from(money).unwrap_or(0)) * under / over;
    let part = Riel::try_from(part).unwrap_or(0);
    (part, money - part)
}

/// The price of several months with their penalties and a flat fee, rounded up to the riel once.
pub fn price_with_penalty(lacks: &[Lack], penalty: Rate, compound: bool, flat: Riel) -> Riel {
    let scale = BigUint::from(penalty.scale);
    let longest = lacks.iter().map(|lack| lack.months_late).max().unwrap_or(0);
    // Everything is brought to one denominator: the scale once for simple, once a month for compound penalties.
    let power = if compound { longest } else { 1 };
    let mut sum = BigUint::from(u64::try_from(flat).unwrap_or(0)) * scale.pow(power);
    for lack in lacks {
        let amount = BigUint::from(u64::try_from(lack.amount).unwrap_or(0));
        sum += amount
            * if compound {
                BigUint::from(penalty.scale + penalty.parts).pow(lack.months_late) * scale.pow(power - lack.months_late)
            } else {
                BigUint::from(u64::from(penalty.scale) + u64::from(penalty.parts) * u64::from(lack.months_late))
            };
    }
    let denominator = scale.pow(power);
    let price = (sum + &denominator - 1_u32) / denominator;
    Riel::try_from(price).unwrap_or(Riel::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(rate: &str, compound: bool, months_late: &[u32]) -> Riel {
        let lacks: Vec<Lack> = months_late.iter().map(|&months_late| Lack { amount: 15_600, months_late }).collect();
        price_with_penalty(&lacks, rate.parse().unwrap(), compound, 0)
    }

    #[test]
    fn seven_months_at_one_percent_simple() {
        assert_eq!(price("0.01", false, &[7, 6, 5, 4, 3, 2, 1]), 113_568);
    }

    #[test]
    fn compound_interest_is_exact_and_rounds_up_once() {
        // 15,600 at 1 % a month: 15,756 after one month; 15,913.56 after two, which alone rounds to 15,914.
        assert_eq!(price("0.01", true, &[1]), 15_756);
        assert_eq!(price("0.01", true, &[2]), 15_914);
        assert_eq!(price("0.01", true, &[2, 2]), 31_828);
        assert_eq!(price("0", true, &[300, 1]), 31_200);
    }

    #[test]
    fn a_part_is_paid_with_its_penalty_and_no_riel_is_lost() {
        let paid = |money, rate: &str, compound, months_late| {
            paid_with_penalty(money, Lack { amount: 1_000, months_late }, rate.parse().unwrap(), compound)
        };
        // Two months at 2 % are 40 on a thousand; 1,039 pay 999 and what is left of a riel.
        assert_eq!(
            [1_041, 1_040, 1_039].map(|money| paid(money, "0.02", false, 2)),
            [(1_000, 40), (1_000, 40), (999, 40)]
        );
        // 1.02 twice on itself is 1.0404, so that the whole costs 1,041.
        assert_eq!([1_041, 1_040].map(|money| paid(money, "0.02", true, 2)), [(1_000, 41), (999, 41)]);
        assert_eq!([52, 1, 0].map(|money| paid(money, "0.02", false, 2)), [(50, 2), (0, 1), (0, 0)]);
        assert_eq!(paid(500, "0", false, 9), (500, 0));
    }

    #[test]
    fn a_part_of_a_riel_goes_where_the_law_says() {
        let part =
            |rounding: Rounding| [249, 250, 251, 500].map(|amount| rounding.part(amount, "0.002".parse().unwrap()));
        assert_eq!(part(Rounding::Up), [1, 1, 1, 1]);
        assert_eq!(part(Rounding::Down), [0, 0, 0, 1]);
        assert_eq!(part(Rounding::Nearest), [0, 1, 1, 1]);
        assert_eq!(Rounding::Nearest.part(7, "1".parse().unwrap()), 7);
        assert_eq!(Rounding::Up.part(Riel::MAX, "1".parse().unwrap()), Riel::MAX);
    }

    #[test]
    fn rates_are_read_as_written() {
        assert!(
            "0.0123456".parse::<Rate>().is_err() && "-0.1".parse::<Rate>().is_err() && ".5".parse::<Rate>().is_err()
        );
        assert_eq!("0.010".parse::<Rate>().unwrap().parts, 10);
        assert!("+1".parse::<Rate>().is_err() && "1000".parse::<Rate>().is_err());
        for text in ["0.010", "12", "999", "1.000001", "0.5"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
    }
}
