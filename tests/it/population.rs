//! A population that lives: some pay, some forget, some are hired, some bounce, and all of them are warned in time.
//!
//! The clock goes from one day on which something can happen to the next, so each day's run comes on its day. In a long
//! run KRAMA_POPULATION says how many live.

use std::collections::BTreeMap;

use krama::grpc::id_text;
use krama::proto::v1;
use krama_law::calendar::Day;

use crate::ask::Ask;
use crate::feed::Chance;
use crate::pour::{batch, options};
use crate::say::{MONTH, day, enrolment, hire, payment, registration, reversal, separation};
use crate::world::{COLLECTOR, OFFICER, PAYROLL, World, said};

const FIRST: &str = "2025-01-06";
const YEARS: i32 = 5;
/// Calls that are sent at the same time.
const IN_FLIGHT: usize = 64;
/// On these days of a month people act.
const DAYS: [i32; 4] = [3, 10, 14, 24];

/// How somebody lives.
struct Life {
    id: String,
    number: u32,
    chance: Chance,
    /// Of a hundred months, how many are paid when they should be.
    diligence: u64,
    /// Of a hundred warnings, how many are heeded.
    heed: u64,
    warned: Option<i64>,
    /// The employment under way, and the month in which it ends.
    employed: Option<(String, i32)>,
    jobs: u32,
    last_payment: Option<String>,
}

/// What the feed told so far.
#[derive(Default)]
struct Heard {
    after: Option<v1::Position>,
    stands: BTreeMap<String, v1::MemberStanding>,
    /// The notices of each member: on which day they were told, and the last day on which paying would help.
    notices: BTreeMap<String, Vec<(Day, Day, i64)>>,
    losses: usize,
    warnings: usize,
}

fn population() -> u32 {
    std::env::var("KRAMA_POPULATION").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

fn of(date: Option<krama::proto::google_type::Date>) -> Day {
    let date = date.expect("a day");
    let part = |number: i32| u8::try_from(number).expect("a part of a day");
    Day::of(date.year, part(date.month), part(date.day)).expect("a day")
}

impl Heard {
    /// Hears what is new, and holds each loss against the warnings before it.
    async fn listen(&mut self, world: &World, today: Day) {
        loop {
            let kinds = vec![v1::ChangeKind::Standing.into(), v1::ChangeKind::Notice.into()];
            let ask = v1::ListChangesRequest {
                after_position: self.after.clone(),
                kinds,
                page_size: 500,
                ..Default::default()
            };
            let page = world.ask(OFFICER, ask).await.expect("the feed");
            for change in page.changes {
                for notice in &change.notices {
                    let told = (today, of(notice.last_safe_day), notice.least_amount_riel.expect("an amount"));
                    self.notices.entry(notice.member_id.clone()).or_default().push(told);
                    self.warnings += 1;
                }
                for told in change.standings {
                    let known = self.stands.get(&told.member_id).and_then(|known| known.after.clone());
                    assert_eq!(told.before, known, "what was so before is what was told last");
                    let is = |state: &Option<v1::DayState>| state.as_ref().map(v1::DayState::standing);
                    if is(&told.after) == Some(v1::Standing::Abandoned) && is(&told.before) != is(&told.after) {
                        self.losses += 1;
                        let warnings = self.notices.get(&told.member_id).map_or(&[][..], Vec::as_slice);
                        let in_time = |(on, safe, _): &(Day, Day, i64)| on.plus(30) <= today && on <= safe;
                        assert!(
                            warnings.iter().any(in_time),
                            "{} was lost on {today} unwarned: {warnings:?}",
                            told.member_id
                        );
                    }
                    self.stands.insert(told.member_id.clone(), told);
                }
            }
            self.after = page.position;
            if !page.more {
                return;
            }
        }
    }

    /// What was told, what is kept and what the facts say are one and the same.
    async fn holds(&self, world: &World) {
        assert_eq!(world.keeps_the_truth().await, 0);
        world.book.holds_together().await;
        let line =
            |member: &str, parts: [i64; 5]| parts.iter().fold(member.to_owned(), |line, part| format!("{line} {part}"));
        let told: Vec<String> = self
            .stands
            .iter()
            .map(|(member, told)| {
                let last = told.last_safe_day.map_or(0, |date| i64::from(of(Some(date)).0));
                let until = told.holds_until.map_or(0, |date| i64::from(of(Some(date)).0));
                let standing = told.after.as_ref().map_or(0, |after| after.standing);
                let months = (told.overdue_months, told.run_months);
                line(member, [standing.into(), months.0.into(), months.1.into(), last, until])
            })
            .collect();
        let rows = "SELECT CAST(member AS TEXT) || ' ' || standing || ' ' || overdue || ' ' || run || ' ' || \
                    coalesce(last_safe_day, 0) || ' ' || coalesce(holds_until, 0) FROM standing";
        let mut kept: Vec<String> = world
            .book
            .texts(rows)
            .await
            .iter()
            .map(|row| {
                let (member, rest) = row.split_once(' ').expect("a row");
                format!("{} {rest}", id_text(member.parse().expect("an id")))
            })
            .collect();
        kept.sort();
        assert_eq!(told, kept);
    }
}

impl Life {
    /// What the person pays on a day of action, in months, and whether in answer to a warning.
    fn pays(&mut self, today: Day, heard: &Heard) -> Option<i64> {
        if let Some((_, safe, amount)) = heard.notices.get(&self.id).and_then(|notices| notices.last())
            && self.warned != Some(i64::from(safe.0))
            && today <= *safe
        {
            self.warned = Some(i64::from(safe.0));
            if self.chance.below(100) < self.heed {
                return Some((amount / MONTH).max(1));
            }
        }
        let pays = today.parts().2 == 10 && self.employed.is_none() && self.chance.below(100) < self.diligence;
        pays.then(|| if self.chance.below(10) == 0 { 3 } else { 1 })
    }
}

/// Sends what is about different people, many at the same time, so that many share a commit; answers in their order.
async fn together<A: Ask>(world: &World, who: &str, asks: Vec<A>) -> Vec<A::Reply> {
    let mut replies = Vec::with_capacity(asks.len());
    for part in asks.chunks(IN_FLIGHT) {
        let send = |ask: &A| tokio::spawn(ask.clone().send(world.channel.clone(), said(who)));
        for sent in part.iter().map(send).collect::<Vec<_>>() {
            replies.push(sent.await.expect("it is sent").expect("it is taken"));
        }
    }
    replies
}

async fn act(world: &World, lives: &mut [Life], employer: &str, today: Day, heard: &Heard) {
    let (text, month) = (today.to_string(), today.month().0);
    let (mut payments, mut separations, mut hires, mut reversals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for life in lives.iter_mut() {
        if let Some(months) = life.pays(today, heard) {
            let paid = v1::RecordPaymentRequest { amount_riel: MONTH * months, ..payment(&life.id, &text) };
            payments.push((life.number, paid));
        }
        match &life.employed {
            Some((job, until)) if *until <= month && today.parts().2 == 24 => {
                separations.push(separation(employer, job, &text));
                life.employed = None;
            }
            None if today.parts().2 == 3 && life.chance.below(200) == 0 => {
                life.jobs += 1;
                let job = format!("{}-{}", life.number, life.jobs);
                hires.push(hire(employer, &job, &text, life.number));
                life.employed = Some((job, month + 2 + i32::try_from(life.chance.below(8)).expect("a number")));
            }
            Some(_) | None => {}
        }
        if today.parts().2 == 14
            && life.chance.below(250) == 0
            && let Some(paid) = life.last_payment.take()
        {
            // It bounces, perhaps long after it was taken.
            reversals.push(reversal(&paid, &text));
        }
    }
    together(world, PAYROLL, separations).await;
    together(world, PAYROLL, hires).await;
    together(world, COLLECTOR, reversals).await;
    for part in payments.chunks(500) {
        let sent: Vec<_> = part.iter().map(|(_, paid)| paid.clone()).collect();
        let reply = world.ask(COLLECTOR, batch(&options(), &sent)).await.expect("a batch");
        for ((number, _), result) in part.iter().zip(reply.results) {
            let taken = result.payment.expect("money that was taken is never rejected");
            lives[usize::try_from(*number).expect("an index") - 1].last_payment = Some(taken.payment_id);
        }
    }
}

/// The day on which the ledger next has to look at anybody.
async fn next_wake(world: &World) -> Day {
    let sql = "SELECT CAST(coalesce(min(wake_on), 1000000) AS BIGINT) FROM standing";
    Day(i32::try_from(world.book.number(sql).await).expect("a day"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_lost_unwarned_and_what_is_kept_told_and_true_is_one_at_the_end_of_each_year() {
    let world = World::on(FIRST).await;
    let employer = world.granted("E-1", "2025-01-01").await;
    let registered = together(&world, OFFICER, (1..=population()).map(registration).collect()).await;
    let ids: Vec<String> = registered.into_iter().map(|reply| reply.member_id).collect();
    together(&world, OFFICER, ids.iter().map(|id| enrolment(id)).collect()).await;
    let mut lives = Vec::new();
    for (number, id) in (1..).zip(ids) {
        let mut chance = Chance(u64::from(number));
        let diligence = [98, 85, 60, 20, 0][usize::try_from(chance.below(5)).expect("an index")];
        let heed = chance.below(101);
        let (warned, employed, last_payment) = (None, None, None);
        lives.push(Life { id, number, chance, diligence, heed, warned, employed, jobs: 0, last_payment });
    }
    let mut heard = Heard::default();
    let (first, mut today) = (day(FIRST), day(FIRST));
    let end = Day::of(first.parts().0 + YEARS, 1, 1).expect("a day");
    while today < end {
        let action = (1..).map(|ahead| today.plus(ahead)).find(|day| DAYS.contains(&i32::from(day.parts().2)));
        let year_ends = Day::of(today.parts().0 + 1, 1, 1).expect("a day");
        let wakes = next_wake(&world).await;
        today = action.expect("a day").min(wakes.max(today.plus(1))).min(year_ends);
        world.clock_to(&today.to_string()).await;
        if wakes <= today {
            world.lapses().await;
        }
        heard.listen(&world, today).await;
        if DAYS.contains(&i32::from(today.parts().2)) {
            act(&world, &mut lives, &employer, today, &heard).await;
            heard.listen(&world, today).await;
        }
        if today == year_ends {
            heard.holds(&world).await;
        }
    }
    println!("{} lives, {} losses, {} warnings", lives.len(), heard.losses, heard.warnings);
    assert!(heard.losses > 0 && heard.warnings > heard.losses, "nothing happened that could have gone wrong");
}
