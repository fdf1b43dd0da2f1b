//! The workload: several callers at once say what comes to their minds, valid and not, and a model of the contract
//! predicts what each of them is told and what the ledger holds in the end.
//!
//! What they say is every write of the contract: about members, their households and lapses, notices, money, employers
//! and employments, the law, and payments and transitions in batches. Where it takes two people, one of them prepares it
//! and another does it. The law changes under their hands; the one with which a run begins lets lapses wait for a person.
//! The descriptors of the contract say which writes there are, and each of them has to be taken and refused. The model is
//! independent in what a command is and does; where a member stands it asks the kernel, which is compared elsewhere with
//! a model of its own. An id is taken from the answer, that of a notice from the feed.
//!
//! After each round the audit tells in which order the service decided. The model takes the round in that order, after
//! it was seen that nobody was answered before somebody who had been answered earlier. Every few rounds everything that
//! must leave no trace is said again, and leaves none. The checker itself is shown rounds that are wrong, and must
//! notice. `KRAMA_WORKLOAD` says how many commands at least, `KRAMA_SEED` from which seed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use krama::proto::v1;
use krama_documents::policy_file::read_law;

use crate::book::UNCHANGED;
use crate::crash::{Chance, number_of};
use crate::say::day;
use crate::workload::command::{Call, Command, Made, Ticks, Told, make};
use crate::workload::model::{Attempt, Model, Verdict};
use crate::workload::plan::{History, Planner};
use crate::world::{COLLECTOR, FACILITY, GATEWAY, OFFICER, PAYROLL, SUPERVISOR, World};

mod command;
mod coverage;
mod model;
mod plan;
mod state;

/// Who takes part. One name is an officer's and a supervisor's, and one provider has no grant anywhere.
const CALLERS: [&str; 11] = [
    OFFICER,
    "OFFICER/desk-3",
    SUPERVISOR,
    "SUPERVISOR/desk-1",
    COLLECTOR,
    "COLLECTOR/wing-wallet",
    PAYROLL,
    "PAYROLL/mekong-payroll",
    "PAYROLL/nobodys-payroll",
    FACILITY,
    GATEWAY,
];
/// Commands on one ledger.
const RUN: usize = 1_500;
/// Every so many rounds, what must leave no trace is said again.
const QUIET_EVERY: u64 = 5;

/// An entry of the audit: of which call and which of its records, how it ended and why, and its position.
#[derive(Clone, PartialEq, Debug)]
struct Row {
    call: usize,
    record: usize,
    ended: (i16, String, Option<i64>),
}

/// What was said at once, and in which order it was decided.
#[derive(Clone)]
struct Round {
    made: Vec<Made>,
    rows: Vec<Row>,
}

impl Round {
    fn attempt(&self, row: &Row) -> Attempt<'_> {
        let made = &self.made[row.call];
        Attempt {
            who: made.who,
            command: &made.call.commands[row.record],
            told: &made.told[row.record],
            through: made.call.through(),
            audited: row.ended.clone(),
        }
    }

    /// Each command has one entry, in an order in which it can have happened.
    fn check_order(&self) -> Result<(), String> {
        let mut next: HashMap<usize, usize> = HashMap::new();
        let mut begun = 0;
        for row in &self.rows {
            let made = self.made.get(row.call).ok_or_else(|| format!("an entry of no call: {row:?}"))?;
            let expected = next.entry(row.call).or_default();
            if row.record != *expected || row.record >= made.call.commands.len() {
                return Err(format!("record {expected} of {made:?} comes next, and {row:?} is there"));
            }
            *expected += 1;
            // The entry of a caller who was turned away may come after the answer.
            if row.ended.1 != "ROLE_NOT_ALLOWED" {
                if made.answered < begun {
                    return Err(format!("{made:?} was answered before something began that was decided earlier"));
                }
                begun = begun.max(made.sent);
            }
        }
        let missing = self.made.iter().enumerate().find(|(at, made)| next.get(at) != Some(&made.call.commands.len()));
        missing.map_or(Ok(()), |(_, made)| Err(format!("something of {made:?} is not in the audit")))
    }

    /// Holds the round against the model, which takes in what was recorded.
    fn replay(&self, model: &mut Model) -> Result<(), String> {
        self.check_order()?;
        let mut rows = self.rows.as_slice();
        while let Some(row) = rows.first() {
            let made = &self.made[row.call];
            let many = if made.call.all_or_none() { made.call.commands.len() } else { 1 };
            let (now, later) = rows.split_at(many.min(rows.len()));
            if now.iter().any(|other| other.call != row.call) {
                return Err(format!("something came between the records of {made:?}"));
            }
            let attempts: Vec<Attempt<'_>> = now.iter().map(|row| self.attempt(row)).collect();
            let stepped =
                if made.call.all_or_none() { model.step_together(&attempts) } else { model.step(&attempts[0]) };
            stepped.map_err(|wrong| format!("{} {:?}: {wrong}", made.who, attempts[0].command))?;
            rows = later;
        }
        Ok(())
    }
}

/// One run: the service, the model beside it, and what was said so far.
struct Run {
    world: World,
    model: Model,
    chance: Chance,
    history: History,
    ticks: Arc<Ticks>,
    /// What was decided last of each record of a batch.
    batches: BTreeMap<(&'static str, String), Vec<(String, Told)>>,
    /// The position up to which the feed was heard.
    heard: Option<v1::Position>,
    said: usize,
}

impl Run {
    async fn new(seed: u64) -> Run {
        let start = "2025-11-03";
        let law = read_law(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh")).expect("the law can be read");
        let readings: BTreeSet<String> = law.readings.iter().map(|reading| reading.name.clone()).collect();
        Run {
            world: World::on(start).await,
            model: Model::new(law.law, readings, day(start)),
            chance: Chance(seed),
            history: History::new(),
            ticks: Arc::default(),
            batches: BTreeMap::new(),
            heard: None,
            said: 0,
        }
    }

    fn planner(&mut self) -> Planner<'_> {
        let Run { model, chance, history, .. } = self;
        let pending = model.pending();
        Planner { model, chance, history, pending }
    }

    fn plan(&mut self) -> Vec<(&'static str, Vec<Call>)> {
        let mut planner = self.planner();
        CALLERS.into_iter().map(|who| (who, planner.calls(who))).collect()
    }

    fn plan_opening(&mut self) -> Vec<(&'static str, Vec<Call>)> {
        let mut planner = self.planner();
        [OFFICER, SUPERVISOR].into_iter().map(|who| (who, planner.opening(who))).collect()
    }

    /// Lets everybody speak at once, each caller one call after the other, and reads in which order it was decided.
    async fn speak(&mut self, planned: Vec<(&'static str, Vec<Call>)>) -> Round {
        let last = self.world.book.last_audit().await;
        let epoch = self.world.last_position().await.epoch;
        let mut speakers = Vec::new();
        let mut number = 0;
        for (who, mut calls) in planned {
            for command in calls.iter_mut().flat_map(|call| &mut call.commands) {
                name_epoch(command, &epoch);
            }
            let (channel, ticks, first) = (self.world.channel.clone(), self.ticks.clone(), number);
            number += calls.len();
            speakers.push(tokio::spawn(async move {
                let mut made = Vec::new();
                for (at, call) in (first..).zip(calls) {
                    made.push(make(channel.clone(), &ticks, who, call, &format!("call-{at}")).await);
                }
                made
            }));
        }
        let mut made = Vec::new();
        for speaker in speakers {
            made.extend(speaker.await.expect("the caller comes to an end"));
        }
        let commands = made.iter().map(|made| made.call.commands.len()).sum();
        self.said += commands;
        for made in &made {
            if let Some(options) = made.call.options() {
                let ids = made.call.commands.iter().map(|command| command.clone().request_id().clone());
                let told = ids.zip(made.told.iter().cloned()).collect();
                self.batches.insert((made.who, options.batch_id.clone()), told);
            }
        }
        Round { made, rows: self.audited(last, commands).await }
    }

    /// The audit entries after one; those of callers who were turned away may come after their answers.
    async fn audited(&self, last: i64, commands: usize) -> Vec<Row> {
        let sql = format!(
            "SELECT coalesce(case_reference, '') || '|' || coalesce(sequence, 1) || '|' || outcome || '|' || \
             coalesce(reason, '') || '|' || coalesce(position, 0) FROM audit WHERE id > {last} ORDER BY id"
        );
        let mut lines = Vec::new();
        for _ in 0..400 {
            lines = self.world.book.texts(&sql).await;
            if lines.len() >= commands {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let row = |line: &String| {
            let parts: Vec<&str> = line.split('|').collect();
            let call = parts[0].trim_start_matches("call-").parse().expect("the number of a call");
            let record: usize = parts[1].parse().expect("the number of a record");
            let position = parts[4].parse::<i64>().expect("a position");
            let ended =
                (parts[2].parse().expect("an outcome"), parts[3].to_owned(), Some(position).filter(|at| *at > 0));
            Row { call, record: record - 1, ended }
        };
        lines.iter().map(row).collect()
    }

    /// Says again what must leave no trace: what is refused, what was recorded before, and rehearsals.
    async fn say_in_vain(&mut self) -> Result<(), String> {
        let mut planned: Vec<(&'static str, Vec<Call>)> = Vec::new();
        for (who, commands) in &self.history {
            let in_vain = |command: &&Command| {
                let audited = (0, String::new(), None);
                let attempt = Attempt { who, command, told: &Told::nothing(), through: None, audited };
                *(*command).clone().validate_only() || !matches!(self.model.verdict(&attempt), Verdict::Taken { .. })
            };
            let recent = commands.iter().rev().take(20).filter(in_vain);
            planned.push((who, recent.cloned().map(Call::alone).collect()));
        }
        planned.sort_by_key(|(who, _)| *who);
        let before = self.world.book.content().await;
        let round = self.speak(planned).await;
        let changed = self.world.book.changed_since(&before).await;
        if changed != UNCHANGED {
            return Err(format!("what was refused, repeated or rehearsed changed the ledger: {changed:?}"));
        }
        round.replay(&mut self.model)
    }

    async fn move_clock(&mut self, days: i32) {
        self.model.today = self.model.today.plus(days);
        self.world.clock_to(&self.model.today.to_string()).await;
    }

    /// What time alone changed is told by commands of the ledger's own, of which nobody else knows.
    async fn tell_time(&mut self) {
        self.world.lapses().await;
        let own = format!("SELECT count(*) FROM command WHERE position > {}", self.model.position);
        self.model.position += self.world.book.number(&own).await;
    }

    async fn pass_time(&mut self) {
        if self.chance.below(3) > 0 {
            let days = 1 + i32::try_from(self.chance.below(25)).expect("a small number");
            self.move_clock(days).await;
        }
        if self.chance.below(2) == 0 {
            self.tell_time().await;
        }
    }

    /// Lets the first month of those who enrolled fall due, not without their being warned.
    async fn pass_first_month(&mut self) {
        for days in [20, 25] {
            self.move_clock(days).await;
            self.tell_time().await;
        }
    }
}

/// Positions are told with the epoch of the ledger, which the plan does not know.
fn name_epoch(command: &mut Command, epoch: &str) {
    let replaces = if let Command::Amend(ask) = command {
        ask.replaces.as_mut()
    } else if let Command::Retract(ask) = command {
        ask.replaces.as_mut()
    } else {
        None
    };
    if let Some(position) = replaces {
        position.epoch = epoch.to_owned();
    }
}

/// What is wrong with a round, and how it comes to be so.
type Wrong<'a> = (&'a str, &'a dyn Fn(&mut Round));

/// Shows the checker what it must notice: a round as it was, with one thing wrong.
fn control(round: &Round, before: &Model) {
    let spoilt = |spoil: &dyn Fn(&mut Round)| {
        let mut round = round.clone();
        spoil(&mut round);
        round.replay(&mut before.clone())
    };
    let taken = |row: &Row| row.ended.0 == crate::book::ACCEPTED;
    let refused = |row: &Row| row.ended.0 == crate::book::REFUSED;
    let at = round.rows.iter().position(taken).expect("something was taken");
    let (call, record) = (round.rows[at].call, round.rows[at].record);
    let no = round.rows.iter().find(|row| refused(row)).expect("something was refused").clone();
    let last = round.rows.iter().rposition(taken).expect("something was taken");
    assert_eq!(spoilt(&|_| ()), Ok(()));
    let wrong: [Wrong<'_>; 9] = [
        ("an answer of another outcome", &|round| {
            round.made[call].told[record].outcome = v1::Outcome::Duplicate;
        }),
        ("an answer with another place", &|round| {
            round.made[call].told[record].position = Some(before.position);
        }),
        ("a known time that stands still", &|round| round.made[call].told[record].known = Some(before.known)),
        ("a refusal for another reason", &|round| {
            round.made[no.call].told[no.record].refusal = Some((9, "DECEASED_TWICE".to_owned(), None));
        }),
        ("a refusal of what the contract takes", &|round| {
            round.made[call].told[record].refusal = Some((9, "DECEASED".to_owned(), None));
            round.made[call].told[record].outcome = v1::Outcome::Rejected;
        }),
        ("an entry that is missing", &|round| drop(round.rows.remove(at))),
        ("an entry that is there twice", &|round| round.rows.insert(at, round.rows[at].clone())),
        ("an entry that says something else", &|round| round.rows[at].ended.0 = crate::book::REPEATED),
        ("another order", &|round| round.rows.swap(at, last)),
    ];
    for (what, spoil) in wrong {
        assert!(spoilt(spoil).is_err(), "the checker does not see {what}");
    }
}

/// Lets callers speak until so many commands are said, and a little longer while something is missing among all that was
/// said, of which the tally tells. Holds everything against the model, and answers how many commands were said.
async fn run(seed: u64, least: usize, tally: &mut BTreeMap<String, u64>) -> usize {
    let faulty = |wrong: String| -> ! { panic!("KRAMA_SEED={seed}: {wrong}") };
    let mut run = Run::new(seed).await;
    run.model.tally.clone_from(tally);
    for number in 1.. {
        let planned = if number <= 2 { run.plan_opening() } else { run.plan() };
        let before = run.model.clone();
        let round = run.speak(planned).await;
        round.replay(&mut run.model).unwrap_or_else(|wrong| faulty(wrong));
        if number % QUIET_EVERY == 0 {
            run.say_in_vain().await.unwrap_or_else(|wrong| faulty(wrong));
        }
        run.meet().await.unwrap_or_else(|wrong| faulty(wrong));
        let enough = run.said >= least && (run.said >= RUN || coverage::missing(&run.model.tally).is_empty());
        if number > 2 && enough {
            control(&round, &before);
            break;
        }
        match number {
            // What is proposed for the first day is approved on it.
            1 => {}
            2 => run.pass_first_month().await,
            _ => run.pass_time().await,
        }
    }
    tally.clone_from(&run.model.tally);
    let said = run.said;
    run.end().await.unwrap_or_else(|wrong| faulty(wrong));
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_callers_say_at_once_the_contract_foretells() {
    let least = usize::try_from(number_of("KRAMA_WORKLOAD").unwrap_or(800)).expect("a number");
    let seed = number_of("KRAMA_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    println!("{least} commands, KRAMA_SEED={seed}");
    // A ledger is small so that its content can be read often; more commands are more ledgers, each from the next seed.
    let (mut said, mut next, mut tally) = (0, seed, BTreeMap::new());
    // What chance left out comes sooner or later; a call of which nobody thought never does.
    let most = least + 8 * RUN;
    while said < least || !coverage::missing(&tally).is_empty() {
        let missing = coverage::missing(&tally);
        assert!(said < most, "KRAMA_SEED={seed}: among {said} commands there was none of {missing:?}");
        said += run(next, least.saturating_sub(said).min(RUN), &mut tally).await;
        next = next.wrapping_add(1);
    }
}
