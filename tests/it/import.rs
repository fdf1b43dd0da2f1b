//! `krama import` as it is typed: files of payments and of payroll reports, bad lines in them, and a line that breaks.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use krama::proto::v1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::book::UNCHANGED;
use crate::say::{employments, fresh, member_number};
use crate::world::{OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";
/// A deadline of the tests, not of the program.
const PATIENCE: Duration = Duration::from_secs(90);

/// A file that lives as long as the test.
struct File(PathBuf);

impl File {
    fn new(bytes: impl AsRef<[u8]>) -> File {
        let path = std::env::temp_dir().join(format!("krama import {}.csv", fresh()));
        fs::write(&path, bytes).expect("a file can be written");
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file that stays behind in a temporary place does no harm.
        let _ = fs::remove_file(&self.0);
    }
}

/// Runs the program, and answers its status, what it printed, and what it said beside that.
async fn import(kind: &str, file: &File, server: SocketAddr, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krama"));
    command.env_clear().args(["import", kind]).arg(&file.0).args(["--server", &format!("http://{server}")]).args(more);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = tokio::time::timeout(PATIENCE, output).await.expect("it ends").expect("a thread");
    let output = output.expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
}

const BANK: &[&str] = &["--institution", "apsara-bank"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banks_file_is_taken_line_by_line_and_may_be_sent_again_whole() {
    let world = World::on(TODAY).await;
    world.enrolled(1).await;
    let lines = [
        "Booked on,Paid on,Transaction no.,Line,Customer no.,payer_kind,Bill month,Amount (KHR),Source",
        "10/03/2026,10/03/2026,T-1,1,SE-000001,member-number,03/2026,\"15,600\",KHQR",
        "10/03/2026,10/03/2026,T-2,1,my aunt,,,\"15,600\",APP",
        "10/03/2026,11/03/2026,T-3,1,SE-000001,member-number,,\"15,600\",APP",
        "10/03/2026,10/03/2026,T-4,1,SE-000001,member-number,,many,APP",
        "10/03/2026,10/03/2026,T-5,1",
        "10/03/2026,10/03/2026,T-1,1,SE-000001,member-number,03/2026,\"15,600\",KHQR",
        "10/03/2026,10/03/2026,T-1,1,SE-000001,member-number,03/2026,\"7,800\",KHQR",
    ];
    let file = File::new(lines.join("\n"));
    let (status, told, said) = import("payments", &file, world.address(), BANK).await;
    assert_eq!(status, 1, "{told}{said}");
    for expected in [
        "line 3      the payer is nobody on record\n",
        "line 4      value_date: must not lie after 2026-03-10\n",
        "DAY_IN_FUTURE; what to do: give a day",
        "line 5      amount_riel: `many` is no whole number\n",
        "line 6      line: has 4 fields, and the header has 9\n",
        "line 8      ",
        "REQUEST_ID_REUSED; what to do: another line of this key was taken with other content",
        "7 lines: 2 accepted, 1 accepted and waiting, 2 rejected, 2 unreadable\n",
    ] {
        assert!(told.contains(expected), "{expected:?} is not in\n{told}");
    }
    let before = world.book.content().await;
    assert_eq!(import("payments", &file, world.address(), BANK).await, (1, told, said), "sent again");
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
    assert_eq!(world.book.number("SELECT count(*) FROM payment").await, 2);

    let mended = File::new([lines[0], lines[1], lines[2]].join("\n"));
    let (status, told, _) = import("payments", &mended, world.address(), BANK).await;
    assert_eq!(status, 0, "{told}");
    let batches = world.book.number("SELECT count(DISTINCT batch) FROM audit").await;
    assert_eq!(batches, 2, "a file is a batch, and sent again the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payrolls_file_tells_who_was_reinstated_and_corrects_itself() {
    let world = World::on("2025-01-10").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-01-10", 1).await;
    world.member(2).await;
    let employer = world.granted("E-1", "2025-01-01").await;
    world.clock_to(TODAY).await;
    let (one, two) = (member_number(1), member_number(2));
    let lines = [
        "event,employer_no,employment_no,worker_no,worker_kind,first_day,last_day,began_on,ended_on,new_employment_no,month"
            .to_owned(),
        format!("HIRE,E-1,W-1,{one},member-number,2026-03-02,,,,,"),
        format!("HIRE,E-1,W-2,{two},member-number,2026-02-02,,,,,"),
        "SEPARATION,E-1,W-2,,,,2026-02-27,,,,".to_owned(),
        "AMEND,E-1,W-2,,,2026-02-03,2026-02-26,2026-02-02,2026-02-27,,".to_owned(),
        "REKEY,E-1,W-1,,,,,,,W-3,".to_owned(),
        "RETRACT,E-1,W-3,,,,,2026-03-02,,,".to_owned(),
        "NO_PAYROLL,E-1,,,,,,,,,2026-01".to_owned(),
        "FIRE,E-1,W-2,,,,,,,,".to_owned(),
    ];
    let file = File::new(lines.join("\r\n"));
    let caller = ["--caller", PAYROLL, "--employer", &format!("E-1={employer}")];
    let (status, told, said) = import("payroll", &file, world.address(), &caller).await;
    assert_eq!(status, 1, "{told}{said}");
    for expected in [
        "Reinstated\n  line 2      benefits from 2026-05-01\n",
        // The employment bears another number now, under which nobody reported a hire.
        "POSITION_STALE; what to do: read the record again",
        "line 9      event: `FIRE` is no event\n",
        "8 lines: 6 accepted, 1 rejected, 1 unreadable\n",
    ] {
        assert!(told.contains(expected), "{expected:?} is not in\n{told}");
    }
    let listed = world.reads(PAYROLL, employments(&employer)).await.employments;
    let days: Vec<_> = listed.iter().map(|one| (one.employment_number.as_str(), one.first_day, one.last_day)).collect();
    let date = crate::say::date;
    let second = ("W-2", Some(date("2026-02-03")), Some(date("2026-02-26")));
    assert_eq!(days, [("W-3", Some(date("2026-03-02")), None), second]);
    let before = world.book.content().await;
    assert_eq!(import("payroll", &file, world.address(), &caller).await, (1, told, said), "sent again");
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);

    let unnamed = File::new("event,month\nNO_PAYROLL,2026-02\n");
    let (status, told, _) = import("payroll", &unnamed, world.address(), &["--caller", PAYROLL]).await;
    assert!(status == 1 && told.contains("employer_no: is required where --employer ID is not given"), "{told}");
    let caller = ["--caller", PAYROLL, "--employer", &employer];
    assert_eq!(import("payroll", &unnamed, world.address(), &caller).await.0, 0);
}

/// Stands between the program and a server. The first connections are cut after so many bytes of answers, and each of
/// them is held up for a while before.
async fn bad_line(to: SocketAddr, cut: usize, after: usize, held_up: Duration) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, taken) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
    let counter = taken.clone();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.expect("a connection");
            let is_cut = counter.fetch_add(1, Ordering::SeqCst) < cut;
            tokio::spawn(async move {
                let server = TcpStream::connect(to).await.expect("a server");
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let up = async { drop(tokio::io::copy(&mut from_client, &mut to_server).await) };
                let down = async {
                    let (mut passed, mut part) = (0, [0; 4_096]);
                    while let Ok(read @ 1..) = from_server.read(&mut part).await {
                        passed += read;
                        if is_cut && passed > after {
                            return tokio::time::sleep(held_up).await;
                        }
                        if to_client.write_all(&part[..read]).await.is_err() {
                            return;
                        }
                    }
                };
                // Where one side ends, both connections do.
                tokio::select! { () = up => {} () = down => {} }
            });
        }
    });
    (address, taken)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_is_taken_up_again_and_slow_work_tells_how_far_it_is() {
    const LINES: i64 = 6_000;
    let world = World::on(TODAY).await;
    let mut text = "business_date,value_date,reference,line,payer,amount_riel,channel\n".to_owned();
    for number in 0..LINES {
        text.push_str(&format!("{TODAY},{TODAY},T-{},{},nobody,15600,WALLET\n", number / 2, number % 2 + 1));
    }
    let file = File::new(text);
    let (address, taken) = bad_line(world.address(), 3, 60_000, Duration::from_millis(1_500)).await;
    let (status, told, said) = import("payments", &file, address, BANK).await;
    assert_eq!(status, 0, "{told}{said}");
    assert!(told.ends_with("6,000 lines: 6,000 accepted and waiting\n"), "{told}");
    assert!(told.contains("and 5,000 more"), "{told}");
    assert_eq!(taken.load(Ordering::SeqCst), 4, "cut three times: {said}");
    assert_eq!(said.matches("the connection broke after line ").count(), 3, "{said}");
    assert!(!said.contains("broke after line 0;"), "each took something: {said}");
    assert!(said.contains(" of about 6,001 lines answered, "), "it tells how far it is: {said}");
    assert_eq!(world.book.number("SELECT count(*) FROM payment").await, LINES);
    world.book.holds_together().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_sent_is_an_error() {
    let world = World::on(TODAY).await;
    let file = File::new(format!("business_date,reference\n{TODAY},T-1\n"));
    let (status, _, said) = import("payments", &file, world.address(), BANK).await;
    assert!(status == 2 && said.contains("no column `line`") && said.contains("also called LINE_NO"), "{said}");
    let file = File::new("event,month\nNO_PAYROLL,2026-02\n");
    let caller = ["--caller", "FACILITY/calmette", "--employer", "x"];
    let (status, told, said) = import("payroll", &file, world.address(), &caller).await;
    assert!(status == 2 && said.contains("ROLE_NOT_ALLOWED") && told.contains("nothing to send"), "{told}{said}");
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let (status, _, said) = import("payroll", &file, closed, &caller).await;
    assert!(status == 2 && said.contains("nothing answers at"), "{said}");
    // The server goes away for good in the middle.
    let (address, _) = bad_line(world.address(), usize::MAX, 0, Duration::ZERO).await;
    let caller = ["--caller", PAYROLL, "--employer", "x", "--patience", "1"];
    let (status, _, said) = import("payroll", &file, address, &caller).await;
    assert!(status == 2 && said.contains("the file was not sent to its end"), "{said}");
    let asked = world.ask(OFFICER, v1::ListMembersRequest::default()).await;
    asked.expect("the server is none the worse");
}
