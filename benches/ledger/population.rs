//! The population: members with the lives that a seed gives them, and how they come into the ledger.
//!
//! Facts, commands, payments, employments and people are written as the service would have, by the memory's own doors,
//! with the indexes made afterwards. Of the standings there is the row that a ledger older than those rows is given: nobody
//! goes by it, and a lapse run decides it. Left out of the past are its audit and what the feed told. Absent: anything that
//! is measured.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krama::store::connection::{Settings, Store, Write};
use krama::store::employer::{self, AccessRow, EmployerRow};
use krama::store::employment::{self, EmploymentRow};
use krama::store::fact;
use krama::store::ledger::{self, CommandRow};
use krama::store::payment::{self, PaymentKey, PaymentRow};
use krama::store::person::{self, Details, IdentifierRow, PersonRow};
use krama::store::seal::Vault;
use krama::store::standing::{self, StandingRow};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{EmploymentId, Fact, FactId, Recorded, Sector};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::sync::mpsc;

/// The seed of everything that is drawn.
pub(crate) const SEED: u64 = 280;
/// What a month costs.
pub(crate) const MONTH_RIEL: i64 = 15_600;
/// The most facts of most members, and the facts of those with a long life.
pub(crate) const SHORT: u64 = 12;
pub(crate) const LONG: u64 = 60;
/// How many have a long life, where there are four times as many members.
const LONG_LIVES: u64 = 20_000;
/// Employers.
pub(crate) const EMPLOYERS: u64 = 1_000;
/// Who reports for all of them.
pub(crate) const PROVIDER: &str = "sovann-payroll";
/// Who takes the payments.
pub(crate) const BANK: &str = "apsara-bank";

/// Members in one commit of the loading.
const CHUNK: u64 = 4_000;
/// Chunks that are ready before they can be written.
const CHUNKS_AHEAD: usize = 2;
/// The numbers under which the ledger keeps what is loaded.
const NATIONAL_ID: i16 = 1;
const MEMBER_NUMBER: i16 = 2;
const OFFICER: i16 = 7;
const COLLECTOR: i16 = 2;
const PAYROLL: i16 = 1;
const WALLET: i16 = 3;
const MATCHED: i16 = 1;

/// A number that a seed and a place decide (the finaliser of SplitMix64).
pub(crate) fn mixed(place: u64) -> u64 {
    let mut mixed = SEED.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// So many bytes that a place decides.
pub(crate) fn bytes<const N: usize>(place: u64) -> [u8; N] {
    let mut bytes = [0; N];
    for (at, chunk) in (1..).zip(bytes.chunks_mut(8)) {
        chunk.copy_from_slice(&mixed(place.wrapping_mul(31).wrapping_add(at)).to_le_bytes()[..chunk.len()]);
    }
    bytes
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).expect("a number of this benchmark is small")
}

/// The day on which the benchmark takes place.
pub(crate) fn today() -> Day {
    "2028-10-05".parse().expect("a day")
}

/// The ledger's id of a member: like those that it draws, scattered over sixty bits.
pub(crate) fn member_id(number: u64) -> i64 {
    signed(mixed(number) >> 4)
}

/// The ledger's id of an employer.
pub(crate) fn employer_id(number: u64) -> i64 {
    signed(mixed((1 << 40) + number % EMPLOYERS) >> 4)
}

/// A member's national identity number.
pub(crate) fn national_id(number: u64) -> String {
    format!("{number:010}")
}

/// A member's number at the fund.
pub(crate) fn member_number(number: u64) -> String {
    format!("SE-{number:09}")
}

/// The number of the employment that every second member has.
pub(crate) fn employment_number(number: u64) -> String {
    format!("W-{number}")
}

/// Who is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    pub(crate) members: u64,
    /// The last so many of them have a long life.
    pub(crate) long: u64,
}

impl Population {
    /// So many members, of whom no more have a long life than it takes to measure them.
    pub(crate) fn of(members: u64) -> Population {
        Population { members, long: LONG_LIVES.min(members / 4) }
    }

    /// The facts of a member: enrolled, paid month by month up to the last, and for every second one hired last.
    fn life(self, number: u64) -> Vec<(Day, Fact)> {
        let is_long = number >= self.members - self.long;
        // Two at least, and at most one less than is measured, so that the fact that comes is the last. The lesser of two
        // draws: a short life is more often very short.
        let drawn = |place: u64| 2 + mixed(number + place) % (SHORT - 2);
        let count = if is_long { LONG - 1 } else { drawn(1 << 41).min(drawn(1 << 45)) };
        let hired = number.is_multiple_of(2);
        let payments = i32::try_from(count - 1 - u64::from(hired)).expect("a small number");
        let first = today().month().plus(-payments.max(1));
        let enrolled = first.first_day().plus(2);
        let mut facts = vec![(enrolled, Fact::Enrolled { on: enrolled })];
        for month in (0..payments).map(|months| first.plus(months)) {
            let on = paid_on(number, month);
            facts.push((on, Fact::Payment { on, amount: MONTH_RIEL, month: None }));
        }
        if hired {
            let from = today().plus(-3);
            let fact = Fact::Hired { employment: EmploymentId(0), sector: Sector::Private, from, until: None };
            facts.push((from, fact));
        }
        facts
    }
}

fn paid_on(number: u64, month: Month) -> Day {
    month.first_day().plus(4 + i32::try_from(mixed(number) % 20).expect("a small number"))
}

/// The rows of one commit.
#[derive(Default)]
struct Chunk {
    commands: Vec<CommandRow>,
    facts: Vec<(i64, Recorded)>,
    payments: Vec<PaymentRow>,
    employments: Vec<EmploymentRow>,
    persons: Vec<PersonRow>,
    identifiers: Vec<IdentifierRow>,
    standings: Vec<StandingRow>,
}

/// Where the loading stands.
struct Loader<'a> {
    vault: &'a Vault,
    position: i64,
    known: i64,
    chunk: Chunk,
}

impl Loader<'_> {
    fn command(&mut self, caller: &str, role: i16, kind: i16, subject: i64, fact: Option<i64>) {
        let place = u64::try_from(self.position).expect("a position");
        self.chunk.commands.push(CommandRow {
            position: self.position,
            known_at: self.known,
            caller: caller.to_owned(),
            role,
            request_id: bytes(place),
            digest: bytes(place + (1 << 42)),
            kind,
            subject: Some(subject),
            fact,
            detail: 0,
            note: None,
        });
    }

    fn next(&mut self) -> FactId {
        (self.position, self.known) = (self.position + 1, self.known + 1);
        FactId(self.position * 16)
    }

    fn register(&mut self, number: u64, member: i64) {
        self.next();
        self.command("desk-1", OFFICER, 1, member, None);
        let details = Details {
            family_khmer: String::new(),
            given_khmer: String::new(),
            family_latin: "Chea".to_owned(),
            given_latin: format!("Sophea {number}"),
            sex: 1,
            birth_year: Some(1988),
            birth_month: Some(4),
            birth_day: Some(16),
            phone: Some(format!("+85512{number:09}")),
            commune: Some("120102".to_owned()),
        };
        let person = PersonRow::seal(self.vault, member, self.position, self.known, &details);
        self.chunk.persons.push(person.expect("a person can be sealed"));
        self.chunk.standings.push(StandingRow::undecided(member));
        for (ordinal, kind, value) in [(0, NATIONAL_ID, national_id(number)), (1, MEMBER_NUMBER, member_number(number))]
        {
            let place = (self.position, ordinal);
            let row = IdentifierRow::seal(self.vault, place, member, kind, &value, &value);
            self.chunk.identifiers.push(row.expect("a number can be sealed"));
        }
    }

    fn learn(&mut self, number: u64, member: i64, fact: Fact) {
        let id = self.next();
        let place = u64::try_from(self.position).expect("a position");
        let fact = if let Fact::Payment { on, amount, month: _ } = fact {
            self.command(BANK, COLLECTOR, 3, member, Some(id.0));
            let reference = format!("TX-{place}");
            let key = PaymentKey { institution: BANK.to_owned(), business_date: on.0, reference, line: 0 };
            self.chunk.payments.push(PaymentRow {
                id: id.0,
                member: Some(member),
                key,
                value_date: on.0,
                amount,
                month: None,
                channel: WALLET,
                suspense: None,
                digest: bytes(place + (1 << 43)),
                payer: None,
            });
            fact
        } else if let Fact::Hired { sector, from, until, .. } = fact {
            self.command(PROVIDER, PAYROLL, 6, member, Some(id.0));
            let told = format!("2:{}\n", member_number(number));
            self.chunk.employments.push(EmploymentRow {
                id: id.0,
                member: Some(member),
                employer: employer_id(number),
                number: employment_number(number),
                first_day: from.0,
                match_state: MATCHED,
                digest: bytes(place + (1 << 43)),
                worker: Some(employment::seal_worker(self.vault, id.0, &told).expect("it can be sealed")),
            });
            Fact::Hired { employment: EmploymentId(id.0), sector, from, until }
        } else {
            self.command("desk-1", OFFICER, 2, member, Some(id.0));
            fact
        };
        self.chunk.facts.push((member, Recorded { id, known: Moment(self.known), fact }));
    }

    fn taken(&mut self) -> Chunk {
        std::mem::take(&mut self.chunk)
    }

    /// Makes the rows of everybody, chunk by chunk, while those before are written; answers the last position.
    fn make(mut self, population: Population, chunks: &mpsc::Sender<Chunk>) -> i64 {
        for first in (0..population.members).step_by(usize::try_from(CHUNK).expect("a small number")) {
            for number in first..population.members.min(first + CHUNK) {
                let member = member_id(number);
                self.register(number, member);
                for (_, fact) in population.life(number) {
                    self.learn(number, member, fact);
                }
            }
            chunks.blocking_send(self.taken()).expect("somebody writes");
        }
        self.position
    }
}

impl Chunk {
    async fn save(mut self, write: &Write) {
        // In the order of their keys, so that neighbours meet the same page.
        self.facts.sort_by_key(|(member, _)| *member);
        self.persons.sort_unstable_by_key(|row| row.member);
        self.standings.sort_unstable_by_key(|row| row.member);
        ledger::insert_commands(write, &self.commands).await.expect("commands");
        fact::insert_facts(write, &self.facts).await.expect("facts");
        payment::insert(write, &self.payments).await.expect("payments");
        employment::insert(write, &self.employments).await.expect("employments");
        person::insert_persons(write, &self.persons).await.expect("people");
        person::insert_identifiers(write, &self.identifiers).await.expect("numbers");
        standing::replace(write, &self.standings).await.expect("standings");
    }
}

/// Brings the population into a ledger that was founded and holds nothing; answers how long that took.
pub(crate) async fn load(settings: &Settings, population: Population) -> Duration {
    let began = Instant::now();
    let store = Arc::new(Store::open(settings).await.expect("the ledger opens"));
    let indexes = drop_indexes(&store).await;
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let vault = store.clone();
    let employed = tokio::task::spawn_blocking(move || {
        let known = Moment::start_of(today().plus(-2_000)).0;
        let mut loader = Loader { vault: vault.vault(), position: 0, known, chunk: Chunk::default() };
        let employers = employers(&mut loader);
        sender.blocking_send(loader.taken()).expect("somebody writes");
        (loader.make(population, &sender), employers)
    });
    while let Some(chunk) = chunks.recv().await {
        let write = store.begin().await.expect("a transaction");
        chunk.save(&write).await;
        write.commit().await.expect("a commit");
    }
    let (position, (employers, grants)) = employed.await.expect("the rows are made");
    let write = store.begin().await.expect("a transaction");
    employer::insert(&write, &employers).await.expect("employers");
    employer::insert_access(&write, &grants).await.expect("grants");
    if write.get_database_backend() == DbBackend::Sqlite {
        // Not in memory, where a server keeps what little it sorts when it writes.
        write.execute_unprepared("PRAGMA temp_store = FILE").await.expect("the setting is taken");
    }
    for sql in indexes {
        write.execute_unprepared(&sql).await.expect("an index");
    }
    if write.get_database_backend() == DbBackend::Postgres {
        // It would do so by itself after a while.
        write.execute_unprepared("ANALYZE").await.expect("the database looks at itself");
    }
    write.commit().await.expect("a commit");
    store.close().await.expect("the ledger closes");
    println!(
        "loaded {} members, {} of them with {LONG} facts, {} commands in {:.0?}",
        population.members,
        population.long,
        position,
        began.elapsed()
    );
    began.elapsed()
}

fn employers(loader: &mut Loader<'_>) -> (Vec<EmployerRow>, Vec<AccessRow>) {
    let (mut rows, mut grants) = (Vec::new(), Vec::new());
    for number in 0..EMPLOYERS {
        let id = employer_id(number);
        loader.next();
        loader.command("desk-1", OFFICER, 4, id, None);
        rows.push(EmployerRow {
            id,
            position: loader.position,
            number: format!("E-{number}"),
            name_latin: "Romdoul Thread".to_owned(),
            name_khmer: String::new(),
            sector: Sector::Private,
        });
        loader.next();
        loader.command("desk-1", OFFICER, 5, id, None);
        grants.push(AccessRow {
            employer: id,
            provider: PROVIDER.to_owned(),
            from_day: today().plus(-1_000).0,
            until_day: None,
            position: loader.position,
        });
    }
    (rows, grants)
}

/// Takes away the indexes that a bulk of rows would have to be put into one by one; answers how they are made again.
async fn drop_indexes(store: &Store) -> Vec<String> {
    let write = store.begin().await.expect("a transaction");
    let backend = write.get_database_backend();
    let which = if backend == DbBackend::Postgres {
        "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%pkey'"
    } else {
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    };
    let mut made = Vec::new();
    for row in write.query_all_raw(Statement::from_string(backend, which)).await.expect("the indexes") {
        let name: String = row.try_get_by_index(0).expect("a name");
        made.push(row.try_get_by_index(1).expect("a statement"));
        write.execute_unprepared(&format!("DROP INDEX \"{name}\"")).await.expect("an index goes");
    }
    write.commit().await.expect("a commit");
    made
}
