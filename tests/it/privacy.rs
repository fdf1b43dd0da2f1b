//! No personal data in the log, in refusals, or in the files of the ledger, however much is logged.

use std::fs;

use krama::proto::v1;
use tonic::{Code, Status};

use crate::ask::Ask as _;
use crate::process::{Process, log_of};
use crate::say::{
    account, check, date, employer, employments, enrolment, explain, fresh, get, grant, hire_of, identifier, name,
    payment, quote, registration, worker,
};
use crate::world::{COLLECTOR, FACILITY, Folder, OFFICER, PAYROLL, channel_to, said};

/// What must be found nowhere: names, numbers and phones as given and as they are compared.
const SECRETS: [&str; 13] = [
    "Sopheanary",
    "SOPHEANARY",
    "Chanthavong",
    "CHANTHAVONG",
    "សុភានារី",
    "ចាន់ថាវង្ស",
    "007731990",
    "SE-7731990",
    "SE7731990",
    "+855 97 331 9907",
    "973319907",
    "market stall",
    "form lay at the branch",
];

fn secret_person() -> v1::RegisterMemberRequest {
    v1::RegisterMemberRequest {
        khmer_name: Some(name("ចាន់ថាវង្ស", "សុភានារី")),
        latin_name: Some(name("Chanthavong", "Sopheanary")),
        identifiers: vec![
            identifier(v1::IdentifierKind::NationalId, "007731990"),
            identifier(v1::IdentifierKind::MemberNumber, "SE-7731990"),
        ],
        phone: "+855 97 331 9907".to_owned(),
        ..registration(1)
    }
}

fn secret_worker() -> v1::WorkerDetails {
    let person = secret_person();
    v1::WorkerDetails {
        identifier: Some(person.identifiers[0].clone()),
        khmer_name: person.khmer_name,
        latin_name: person.latin_name,
        ..worker(1)
    }
}

/// Plays what a person lives through, and answers every refusal on the way.
async fn story(process: &Process) -> Vec<Status> {
    let channel = channel_to(process.address);
    macro_rules! ask {
        ($who:expr, $ask:expr) => {
            $ask.send(channel.clone(), said($who)).await
        };
    }
    let today = "2026-03-10";
    let member = ask!(OFFICER, secret_person()).expect("a member").member_id;
    let past = v1::EnrollMemberRequest {
        on: Some(date("2026-03-09")),
        reason: "the form lay at the branch".to_owned(),
        ..enrolment(&member)
    };
    ask!(OFFICER, past).expect("an enrolment");
    let number = Some(v1::record_payment_request::Payer::Identifier(secret_person().identifiers[0].clone()));
    ask!(COLLECTOR, v1::RecordPaymentRequest { payer: number, ..payment("", today) }).expect("a payment");
    let text = v1::record_payment_request::Payer::PayerText("Sopheanary, market stall 12".to_owned());
    ask!(COLLECTOR, v1::RecordPaymentRequest { payer: Some(text), ..payment("", today) }).expect("a payment");
    let at = ask!(OFFICER, employer("E-1")).expect("an employer").employer_id;
    ask!(OFFICER, grant(&at, today, None)).expect("a grant");
    ask!(PAYROLL, hire_of(&at, "W-1", today, secret_worker())).expect("a hire");
    ask!(PAYROLL, employments(&at)).expect("employments");
    ask!(OFFICER, get(&member)).expect("a member");
    ask!(OFFICER, account(&member)).expect("an account");
    ask!(OFFICER, explain(&member)).expect("an explanation");
    ask!(COLLECTOR, quote(&member)).expect("a quote");
    let shown = v1::CheckCoverageRequest { identifier: Some(secret_person().identifiers[0].clone()), ..check(1) };
    ask!(FACILITY, shown.clone()).expect("an answer");
    let find = v1::find_member_request::Selector::Phone("+855 97 331 9907".to_owned());
    ask!(OFFICER, v1::FindMemberRequest { selector: Some(find), at_least_position: None }).expect("members");

    let man = v1::WorkerDetails { sex: v1::Sex::Male.into(), ..secret_worker() };
    let refused = vec![
        ask!(OFFICER, secret_person()).err(),
        ask!(OFFICER, v1::RegisterMemberRequest { sex: 0, ..secret_person() }).err(),
        ask!(OFFICER, v1::RegisterMemberRequest { phone: "Sopheanary".to_owned(), ..secret_person() }).err(),
        ask!(OFFICER, enrolment(&member)).err(),
        ask!(PAYROLL, hire_of(&at, "W-2", today, man)).err(),
        ask!(FACILITY, v1::CheckCoverageRequest { service_date: Some(date("2026-03-11")), ..shown }).err(),
        ask!(COLLECTOR, secret_person()).err(),
        ask!(OFFICER, v1::RegisterMemberRequest { request_id: fresh(), commune_code: "1".into(), ..secret_person() })
            .err(),
    ];
    refused.into_iter().map(|status| status.expect("a refusal")).collect()
}

fn contains(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[tokio::test]
async fn no_name_number_or_phone_leaves_its_sealed_place() {
    let folder = Folder::new();
    let mut process = Process::start(&folder, "trace").await;
    let refusals = story(&process).await;
    assert!(refusals.iter().any(|status| status.code() == Code::AlreadyExists));
    let while_running = folder.bytes();
    process.terminate();
    assert!(process.ended().await.success());
    let log = fs::read(log_of(&folder)).expect("a log");
    let ledger = folder.bytes();
    assert!(contains(&log, "RegisterMember"), "the log tells of calls, or this test sees nothing");
    assert!(contains(&ledger, "apsara-bank"), "the ledger names callers, or this test sees nothing");
    for secret in SECRETS {
        for (place, bytes) in [("log", &log), ("ledger", &ledger), ("ledger while it runs", &while_running)] {
            assert!(!contains(bytes, secret), "{secret} is in the {place}");
        }
        for status in &refusals {
            let told = [status.message().as_bytes(), status.details(), format!("{status:?}").as_bytes()].concat();
            assert!(!contains(&told, secret), "{secret} is in {status:?}");
        }
    }
}
