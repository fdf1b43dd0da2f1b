//! `krama import register`: an older register in a ledger of its own, with the instants at which it came to know.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use krama::proto::v1;

use crate::book::{Book, UNCHANGED};
use crate::process::{Process, log_of, program};
use crate::say::{date, enrolment, explain, hire, member_number, payment, registration, separation};
use crate::world::{COLLECTOR, Folder, OFFICER, PAYROLL, World, last_instant};

const TODAY: &str = "2026-03-10";
/// A deadline of the tests, not of the program.
const PATIENCE: Duration = Duration::from_secs(120);

const PEOPLE: &str = "known_at,member_number,national_id,family_name_khmer,given_name_khmer,family_name_latin,\
                      given_name_latin,sex,birth_date,phone,commune_code";
const EMPLOYERS: &str = "known_at,employer_number,name_latin,sector";
const ENROLMENTS: &str = "known_at,member_number,enrolled_on";
const EMPLOYMENTS: &str = "known_at,event,employer_no,employment_no,worker_no,worker_kind,first_day,last_day";
const PAYMENTS: &str =
    "known_at,institution,business_date,value_date,reference,line,payer,payer_kind,amount_riel,month,channel";

/// The files of a register, each by its name.
struct Register(PathBuf, BTreeMap<&'static str, Vec<String>>);

impl Register {
    fn new() -> Register {
        let path = std::env::temp_dir().join(format!("krama register {}", crate::say::fresh()));
        fs::create_dir(&path).expect("a folder can be made");
        let heads = [
            ("people", PEOPLE),
            ("employers", EMPLOYERS),
            ("enrolments", ENROLMENTS),
            ("employments", EMPLOYMENTS),
            ("payments", PAYMENTS),
        ];
        Register(path, heads.into_iter().map(|(name, head)| (name, vec![head.to_owned()])).collect())
    }

    fn row(&mut self, file: &'static str, row: String) {
        self.1.get_mut(file).expect("a file").push(row);
    }

    fn person(&mut self, known: &str, number: u32) {
        let told = registration(number);
        let (khmer, latin) = (told.khmer_name.expect("a name"), told.latin_name.expect("a name"));
        let names = [khmer.family, khmer.given, latin.family, latin.given].join(",");
        let row = format!(
            "{known},{},{number:09},{names},F,1988-04-16,{},{}",
            member_number(number),
            told.phone,
            told.commune_code
        );
        self.row("people", row);
    }

    fn pays(&mut self, known: &str, number: u32, value_date: &str, reference: &str, months: i64) {
        let amount = crate::say::MONTH * months;
        let payer = member_number(number);
        self.row(
            "payments",
            format!(
                "{known},apsara-bank,{value_date},{value_date},{reference},1,{payer},member-number,{amount},,WALLET"
            ),
        );
    }

    /// Writes the files.
    fn written(self) -> Register {
        for (name, rows) in &self.1 {
            fs::write(self.0.join(format!("{name}.csv")), rows.join("\n")).expect("a file can be written");
        }
        self
    }
}

impl Drop for Register {
    fn drop(&mut self) {
        // A folder that stays behind in a temporary place does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Many people with months of payments, some of whom begin and cease to work.
fn large(persons: u32) -> Register {
    let mut register = Register::new();
    for number in 1..=2 {
        register.row("employers", format!("2025-01-0{number},E-{number},Romdoul,private"));
    }
    for number in 1..=persons {
        register.person("2025-01-03", number);
        register.row("enrolments", format!("2025-01-03,{},2025-01-02", member_number(number)));
    }
    for month in 2..=12 {
        let day = format!("2025-{month:02}-05");
        for number in 1..=persons {
            register.pays(&day, number, &day, &format!("T-{month}-{number}"), 1);
        }
        let (hired, left) = (format!("2025-{month:02}-07"), format!("2025-{month:02}-20"));
        let number = member_number(month);
        register.row("employments", format!("{hired},HIRE,E-1,W-{month},{number},member-number,{hired},"));
        register.row("employments", format!("{left},SEPARATION,E-1,W-{month},,,,{left}"));
    }
    register.written()
}

fn spawn(folder: &Folder, register: &Register) -> Child {
    let mut command = program(folder);
    command.args(["import", "register", "--sandbox"]).arg(&register.0).env("KRAMA_LIMITS__BATCH_COMMANDS", "40");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Loads a register, and answers the status and what was printed and said.
async fn load(folder: &Folder, register: &Register) -> (i32, String) {
    let child = spawn(folder, register);
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output: Output =
        tokio::time::timeout(PATIENCE, ended).await.expect("it ends").expect("a thread").expect("text");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("a status"), String::from_utf8(text).expect("text"))
}

/// An empty ledger.
async fn empty() -> (Folder, Book) {
    let folder = World::on(TODAY).await.stop().await;
    let book = Book::open(&folder).await;
    (folder, book)
}

/// What a ledger holds, without what differs from ledger to ledger: ids that are drawn, and what is sealed.
async fn told(book: &Book) -> Vec<String> {
    let drawn = [
        "SELECT CAST(member AS TEXT) || ' member-' || CAST(position AS TEXT) FROM person",
        "SELECT CAST(id AS TEXT) || ' employer-' || CAST(position AS TEXT) FROM employer",
    ];
    let mut names = BTreeMap::new();
    for sql in drawn {
        let pairs = book.texts(sql).await;
        names.extend(
            pairs.iter().filter_map(|pair| pair.split_once(' ')).map(|(id, name)| (id.to_owned(), name.to_owned())),
        );
    }
    let tables = [
        ("command", "position known_at caller role kind subject fact detail"),
        ("fact", "id member known_at kind amount target code"),
        ("payment", "id member institution business_date reference line value_date amount channel suspense"),
        ("employment", "id member employer number first_day match_state"),
        ("employer", "id position number name_latin sector"),
        ("person", "member position known_at"),
        ("identifier", "position ordinal member kind"),
        ("audit", "id caller role user_name method outcome reason position sequence"),
    ];
    let mut lines = Vec::new();
    for (table, columns) in tables {
        let columns = columns.split(' ').map(|column| format!("coalesce(CAST({column} AS TEXT), '-')"));
        let sql = format!("SELECT {} FROM {table}", columns.collect::<Vec<_>>().join(" || ',' || "));
        for row in book.texts(&sql).await {
            let cells = row.split(',').map(|cell| names.get(cell).map_or(cell, String::as_str));
            lines.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(",")));
        }
    }
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_is_killed_goes_on_and_ends_as_an_unbroken_one() {
    let register = large(150);
    let (unbroken, book) = empty().await;
    let (status, said) = load(&unbroken, &register).await;
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("people.csv: 150 lines: 150 accepted\n"), "{said}");
    let expected = told(&book).await;
    book.holds_together().await;
    assert_eq!(book.last_position().await, 2 + 150 + 150 + 11 * 152);

    let (folder, book) = empty().await;
    for killed_after in [60, 700] {
        let mut child = spawn(&folder, &register);
        while book.last_position().await < killed_after {
            assert!(child.try_wait().expect("a process").is_none(), "it ended before it could be killed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
    }
    let part = book.last_position().await;
    assert!((700..1_974).contains(&part), "it was killed in the middle: {part}");
    // Nobody is answered from a part of it.
    let refused = program(&folder).args(["serve", "--sandbox"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("an older register was loaded in part"), "{said}");
    // Another register, of which one row differs, is another one.
    let mut other = Register::new();
    other.person("2025-01-03", 1);
    let (status, said) = load(&folder, &other.written()).await;
    assert!(status == 2 && said.contains("this ledger holds something else already"), "{said}");

    let (status, said) = load(&folder, &register).await;
    assert_eq!(status, 0, "{said}");
    assert!(said.contains(&format!("Going on behind row {part} of the register.")), "{said}");
    assert_eq!(told(&book).await, expected);
    let before = book.content().await;
    assert_eq!(load(&folder, &register).await.0, 0, "once more, nothing is left to load");
    assert_eq!(book.changed_since(&before).await, UNCHANGED);
    drop(Process::start(&folder, "krama=info").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_as_known_then_is_that_of_a_ledger_that_learnt_it_then() {
    // Told to a server day by day: a lapse, a hire that reinstates, and a late file that undoes the lapse.
    let world = World::on("2025-11-03").await;
    let member = world.member(1).await;
    world.ask(OFFICER, enrolment(&member)).await.expect("an enrolment");
    let pay = async |on: &str, value_date: &str, months: i64| {
        let paid = v1::RecordPaymentRequest {
            value_date: Some(date(value_date)),
            amount_riel: crate::say::MONTH * months,
            ..payment(&member, value_date)
        };
        world.clock_to(on).await;
        world.ask(COLLECTOR, paid).await.expect("a payment");
    };
    world.pay(&member, "2025-11-03", 3).await;
    pay("2026-09-18", "2026-09-16", 1).await;
    world.clock_to("2026-09-21").await;
    let employer = world.granted("E-1", "2025-01-01").await;
    world.ask(PAYROLL, hire(&employer, "W-1", "2026-09-21", 1)).await.expect("a hire");
    pay("2026-09-25", "2026-09-15", 7).await;
    world.clock_to("2026-11-17").await;
    world.ask(PAYROLL, separation(&employer, "W-1", "2026-11-15")).await.expect("a separation");
    world.clock_to("2026-12-01").await;

    // The same, loaded a year later.
    let mut register = Register::new();
    let number = member_number(1);
    register.person("2025-11-03", 1);
    register.row("enrolments", format!("2025-11-03,{number},2025-11-03"));
    register.pays("2025-11-03", 1, "2025-11-03", "T-1", 3);
    register.pays("2026-09-18T00:00:00+07:00", 1, "2026-09-16", "T-2", 1);
    register.row("employers", "2026-09-21,E-1,Romdoul,private".to_owned());
    register.row("employments", format!("2026-09-21,HIRE,E-1,W-1,{number},member-number,2026-09-21,"));
    register.pays("2026-09-25", 1, "2026-09-15", "T-3", 7);
    register.row("employments", "2026-11-17,SEPARATION,E-1,W-1,,,,2026-11-15".to_owned());
    let register = register.written();
    let folder = World::on("2026-12-01").await.stop().await;
    let (status, said) = load(&folder, &register).await;
    assert_eq!(status, 0, "{said}");
    let loaded = World::of(folder, "2026-12-01", |_| {}).await;
    let found = loaded.ask(OFFICER, v1::ListMembersRequest::default()).await.expect("members");
    let same = found.members[0].member_id.clone();

    let mut standings = Vec::new();
    let known = ["2025-11-02", "2025-11-03", "2026-09-17", "2026-09-20", "2026-09-22", "2026-09-26", "2026-11-20"];
    for known in known {
        for valid in ["2025-11-30", "2026-09-16", "2026-09-22", "2026-11-01"] {
            let answer = async |world: &World, member: &str| {
                let ask = v1::ExplainCoverageRequest {
                    valid_at: Some(date(valid)),
                    known_at: Some(last_instant(known)),
                    ..explain(member)
                };
                let mut answer = world.ask(OFFICER, ask).await.expect("an explanation");
                answer.position = None;
                answer.steps.iter_mut().for_each(|step| step.fact_ids.clear());
                answer
            };
            let (then, now) = (answer(&world, &member).await, answer(&loaded, &same).await);
            standings.push((known, valid, then.decision.as_ref().expect("a decision").standing()));
            assert_eq!(now, then, "about {valid} as known on {known}");
        }
    }
    let about = |known: &str| standings.iter().find(|(k, v, _)| *k == known && *v == "2026-09-16").expect("asked").2;
    assert_eq!([about("2025-11-02"), about("2026-09-17")], [v1::Standing::NotEnrolled, v1::Standing::Abandoned]);
    assert_ne!(about("2026-09-26"), v1::Standing::Abandoned, "the late file undid it: {standings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_loads_nothing_and_what_is_refused_is_told() {
    let (folder, book) = empty().await;
    let before = book.content().await;
    let mut register = Register::new();
    register.person("2025-01-03", 1);
    register.person("2025-01-02", 2);
    register.person("2026-03-11", 3);
    register.row("enrolments", format!(",{},2025-01-02", member_number(1)));
    let (status, said) = load(&folder, &register.written()).await;
    assert_eq!(status, 1, "{said}");
    for expected in [
        "line 3      known_at: must not lie before that of the line above\n",
        "line 4      known_at: must not lie in the future\n",
        "line 2      known_at: is required\n",
        "Nothing was loaded: mend the lines that cannot be read first.\n",
    ] {
        assert!(said.contains(expected), "{expected:?} is not in\n{said}");
    }
    assert_eq!(book.changed_since(&before).await, UNCHANGED);

    let mut register = Register::new();
    register.person("2025-01-03", 1);
    register.person("2025-01-04", 1);
    register.row("enrolments", format!("2025-01-03,{},2025-01-03", member_number(7)));
    register.row("enrolments", format!("2025-01-05,{},2025-01-05", member_number(1)));
    register.row("employments", format!("2025-01-05,HIRE,E-9,W-1,{},member-number,2025-01-05,", member_number(1)));
    register.row("payments", "2025-01-06,apsara-bank,2025-01-07,2025-01-06,T-1,1,nobody,,1,,WALLET".to_owned());
    let register = register.written();
    let (status, said) = load(&folder, &register).await;
    assert_eq!(status, 1, "{said}");
    for expected in ["WORKER_UNKNOWN", "employer_id: ", "DAY_IN_FUTURE", "people.csv: 2 lines: 2 accepted\n"] {
        assert!(said.contains(expected), "{expected:?} is not in\n{said}");
    }
    assert_eq!(book.last_position().await, 2, "a person and an enrolment; the person told again is the same");
    let refused = "SELECT count(*) FROM audit WHERE outcome = 2 AND sequence IS NOT NULL";
    assert_eq!(book.number(refused).await, 3);
    assert!(!log_of(&folder).exists(), "no server was needed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_writes_meanwhile_ends_the_load() {
    // Long enough that another can write before its end.
    let register = large(1_500);
    let folder = World::on(TODAY).await.stop().await;
    let process = Process::start(&folder, "krama=info").await;
    let book = Book::open(&folder).await;
    let child = spawn(&folder, &register);
    while book.last_position().await < 60 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let channel = crate::world::channel_to(process.address);
    crate::ask::Ask::send(registration(9_999), channel, crate::world::said(OFFICER)).await.expect("a member");
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = tokio::time::timeout(PATIENCE, ended).await.expect("it ends").expect("a thread").expect("text");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("something else was recorded while the register was loaded"), "{said}");
    let last = book.last_position().await;
    let own = format!("SELECT count(*) FROM command WHERE caller = 'desk-1' AND position = {last}");
    assert_eq!(book.number(&own).await, 1, "nothing of the register follows what another wrote");
    drop(process);
    let (status, said) = load(&folder, &register).await;
    assert!(status == 2 && said.contains("this ledger holds something else already"), "{said}");
}
