//! RegisterEmployer and GrantEmployerAccess.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{exists, invalid, no, required};
use crate::say::{employer, fresh, grant};
use crate::world::{OFFICER, World};

const TODAY: &str = "2026-03-10";

#[tokio::test]
async fn an_employer_is_on_record_once() {
    let world = World::on(TODAY).await;
    let first = world.takes(OFFICER, employer("E-1")).await;
    assert!(!first.employer_id.is_empty());
    let again = world.ask(OFFICER, employer("E-1")).await.expect("the same again");
    assert_eq!(again.outcome(), v1::Outcome::Duplicate);
    assert_eq!((&again.employer_id, &again.position), (&first.employer_id, &first.position));
    assert_eq!(again.known_time, first.known_time);
    let renamed = v1::RegisterEmployerRequest { latin_name: "Romdoul Threads".to_owned(), ..employer("E-1") };
    let told = world.refuses(OFFICER, renamed, exists("EMPLOYER_NUMBER_IN_USE")).await;
    assert_eq!(told.metadata["employer_id"], first.employer_id);
    let public = v1::RegisterEmployerRequest { sector: v1::Sector::Public.into(), ..employer("E-1") };
    world.refuses(OFFICER, public, exists("EMPLOYER_NUMBER_IN_USE")).await;
    let other = world.takes(OFFICER, employer("E-01")).await;
    assert_ne!(other.employer_id, first.employer_id);
}

#[tokio::test]
async fn an_employer_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    let spoilt = async |spoil: fn(&mut v1::RegisterEmployerRequest), no| {
        let mut told = employer("E-1");
        spoil(&mut told);
        world.refuses(OFFICER, told, no).await;
    };
    spoilt(|told| told.request_id.clear(), required("request_id")).await;
    spoilt(|told| told.enterprise_number.clear(), required("enterprise_number")).await;
    spoilt(|told| told.enterprise_number = "7".repeat(65), invalid("enterprise_number")).await;
    spoilt(|told| (told.khmer_name, told.latin_name) = Default::default(), required("latin_name")).await;
    spoilt(|told| told.khmer_name = "ក".repeat(201), invalid("khmer_name")).await;
    spoilt(|told| told.latin_name = "a".repeat(201), invalid("latin_name")).await;
    spoilt(|told| told.sector = 0, required("sector")).await;
    spoilt(|told| told.sector = 3, invalid("sector")).await;
    let longest = v1::RegisterEmployerRequest {
        khmer_name: "ក".repeat(200),
        latin_name: "a".repeat(200),
        ..employer(&"7".repeat(64))
    };
    world.takes(OFFICER, longest).await;
}

#[tokio::test]
async fn a_grant_has_days_that_fit_and_an_employer_that_exists() {
    let world = World::on(TODAY).await;
    let id = world.employer("E-1").await;
    let first = world.takes(OFFICER, grant(&id, TODAY, None)).await;
    assert!(!first.grant_id.is_empty());
    world.takes(OFFICER, grant(&id, TODAY, Some(TODAY))).await;
    world.refuses(OFFICER, grant(&id, TODAY, Some("2026-03-09")), invalid("until_day")).await;
    world.refuses(OFFICER, grant("0000000000000", TODAY, None), no(Code::NotFound, "EMPLOYER_NOT_FOUND")).await;
    world.refuses(OFFICER, grant("", TODAY, None), required("employer_id")).await;
    world.refuses(OFFICER, grant("12", TODAY, None), invalid("employer_id")).await;
    let nobody = v1::GrantEmployerAccessRequest { provider_id: String::new(), ..grant(&id, TODAY, None) };
    world.refuses(OFFICER, nobody, required("provider_id")).await;
    let long = |count| v1::GrantEmployerAccessRequest { provider_id: "p".repeat(count), ..grant(&id, TODAY, None) };
    world.refuses(OFFICER, long(129), invalid("provider_id")).await;
    world.takes(OFFICER, long(128)).await;
    let dayless = v1::GrantEmployerAccessRequest { from_day: None, ..grant(&id, TODAY, None) };
    world.refuses(OFFICER, dayless, required("from_day")).await;
    let mut nameless = grant(&id, TODAY, None);
    nameless.request_id = fresh() + "0";
    world.refuses(OFFICER, nameless, invalid("request_id")).await;
}
