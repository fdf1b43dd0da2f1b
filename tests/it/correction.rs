//! ReportDeath, RetractFact, ExcuseMonths and UpdateMember: corrections of a life and of a record.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{denied, exists, invalid, no, not_now, required};
use crate::say::{
    check, date, death, enrolment, excuse, explain, fresh, get, name, national_id, payment, phone, registration,
    retracted, update,
};
use crate::world::{COLLECTOR, OFFICER, SUPERVISOR, World};

const TODAY: &str = "2026-03-10";

async fn standing(world: &World, member: &str) -> v1::Standing {
    world.reads(OFFICER, get(member)).await.decision.expect("a decision").standing()
}

#[tokio::test]
async fn a_death_closes_the_record_from_the_day_after() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-03-20").await;
    let told = world.refuses(OFFICER, death(&member, "2026-03-21"), not_now("DAY_IN_FUTURE").at("on")).await;
    assert_eq!(told.metadata["latest"], "2026-03-20");
    let reply = world.takes(OFFICER, death(&member, "2026-03-15")).await;
    let changes = reply.standing_changes.clone().expect("changes").changes;
    let [change] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((change.from_day, change.until_day), (Some(date("2026-03-16")), Some(date("2026-03-20"))));
    assert_eq!(change.after.as_ref().expect("a state").standing(), v1::Standing::Closed);
    assert_eq!(standing(&world, &member).await, v1::Standing::Closed);
    let again = world.ask(OFFICER, death(&member, "2026-03-15")).await.expect("the same again");
    assert_eq!(again, v1::ReportDeathResponse { outcome: v1::Outcome::Duplicate.into(), ..reply });
    world.refuses(OFFICER, death(&member, "2026-03-14"), not_now("DECEASED")).await;
    let stranger = v1::ReportDeathRequest { member_id: again.fact_id, ..death(&member, TODAY) };
    world.refuses(OFFICER, stranger, no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
}

#[tokio::test]
async fn a_death_is_taken_back_by_a_second_person() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let fact = world.takes(SUPERVISOR, death(&member, TODAY)).await.fact_id;
    world.clock_to("2026-03-11").await;
    let second = denied("SECOND_PERSON_REQUIRED");
    world.refuses(OFFICER, retracted(&member, &fact), second).await;
    world.refuses(SUPERVISOR, retracted(&member, &fact), second).await;
    let reply = world.takes("SUPERVISOR/desk-3", retracted(&member, &fact)).await;
    assert_eq!(reply.standing_changes.expect("changes").changes.len(), 1);
    assert_eq!(standing(&world, &member).await, v1::Standing::Current);
    world.takes(OFFICER, death(&member, "2026-03-10")).await;
}

#[tokio::test]
async fn an_enrolment_entered_by_mistake_never_was() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    world.takes(OFFICER, enrolment(&member)).await;
    let steps = world.reads(OFFICER, explain(&member)).await.steps;
    let fact = steps.iter().find(|step| step.clause == "ENROLLED").expect("a step").fact_ids[0].clone();
    let first = world.takes(OFFICER, retracted(&member, &fact)).await;
    assert_eq!(standing(&world, &member).await, v1::Standing::NotEnrolled);
    let again = world.ask(OFFICER, retracted(&member, &fact)).await.expect("the same again");
    assert_eq!(again, v1::RetractFactResponse { outcome: v1::Outcome::Duplicate.into(), ..first });
    let other = world.member(2).await;
    world.refuses(OFFICER, retracted(&other, &fact), no(Code::NotFound, "FACT_NOT_FOUND")).await;
}

#[tokio::test]
async fn a_payment_is_not_retracted_but_reversed() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, TODAY, 1).await.payment_id;
    let told = world.refuses(OFFICER, retracted(&member, &paid), not_now("FACT_NOT_RETRACTABLE")).await;
    assert_eq!((told.metadata["kind"].as_str(), told.metadata["remedy"].as_str()), ("PAYMENT", "REVERSE_PAYMENT"));
}

#[tokio::test]
async fn excused_months_are_not_owed_and_many_need_a_supervisor() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-10-20").await;
    assert_eq!(standing(&world, &member).await, v1::Standing::Abandoned);
    let changes = world.takes(OFFICER, excuse(&member, "2026-03", "2026-08")).await.standing_changes.expect("changes");
    assert_eq!(standing(&world, &member).await, v1::Standing::InArrears);
    assert!(changes.changes.iter().any(|change| change.kind() == v1::StandingChangeKind::Undone), "{changes:?}");
    // So many months take two people.
    let long = excuse(&member, "2026-03", "2026-09");
    let prepared = world.takes(OFFICER, long.clone()).await;
    assert_eq!((prepared.outcome(), prepared.fact_id.as_str()), (v1::Outcome::AcceptedWithWarning, ""));
    assert_eq!(standing(&world, &member).await, v1::Standing::InArrears);
    let long = v1::ExcuseMonthsRequest { request_id: fresh(), prepared_id: prepared.prepared_id, ..long };
    world.refuses(OFFICER, long.clone(), denied("SECOND_PERSON_REQUIRED")).await;
    let longer = v1::ExcuseMonthsRequest { to_month: "2026-10".to_owned(), ..long.clone() };
    world.refuses(SUPERVISOR, longer, no(Code::NotFound, "PREPARATION_NOT_FOUND")).await;
    let done = world.takes(SUPERVISOR, long.clone()).await;
    assert!(done.outcome() == v1::Outcome::Accepted && !done.fact_id.is_empty() && done.prepared_id.is_empty());
    assert_eq!(world.ask(SUPERVISOR, long.clone()).await.expect("the same again"), done);
    assert_eq!(standing(&world, &member).await, v1::Standing::Current);
    // A preparation is of one act, also when that is taken back.
    let again = world.ask(SUPERVISOR, v1::ExcuseMonthsRequest { request_id: fresh(), ..long.clone() }).await;
    let again = again.expect("an answer");
    assert_eq!((again.outcome(), &again.fact_id), (v1::Outcome::Duplicate, &done.fact_id));
    world.takes(OFFICER, retracted(&member, &done.fact_id)).await;
    let used_up = v1::ExcuseMonthsRequest { request_id: fresh(), ..long };
    world.refuses(SUPERVISOR, used_up, no(Code::NotFound, "PREPARATION_NOT_FOUND")).await;
    world.takes(SUPERVISOR, excuse(&member, "2027-01", "2031-12")).await;
    world.refuses(SUPERVISOR, excuse(&member, "2027-01", "2032-01"), invalid("to_month")).await;
    world.refuses(OFFICER, excuse(&member, "2026-03", "2026-02"), invalid("to_month")).await;
}

#[tokio::test]
async fn a_correction_names_its_case_and_its_reason() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let bare = v1::ReportDeathRequest { case_reference: String::new(), ..death(&member, TODAY) };
    world.refuses(OFFICER, bare, required("case_reference")).await;
    let bare = v1::ReportDeathRequest { reason: String::new(), on: None, ..death(&member, TODAY) };
    world.refuses(OFFICER, bare, required("on")).await;
    let bare = v1::RetractFactRequest { legal_basis: " ".to_owned(), ..retracted(&member, &member) };
    world.refuses(OFFICER, bare, required("legal_basis")).await;
    let bare = v1::ExcuseMonthsRequest { legal_basis: String::new(), ..excuse(&member, "2026-03", "2026-03") };
    world.refuses(OFFICER, bare, required("legal_basis")).await;
    let long = v1::RetractFactRequest { case_reference: "x".repeat(129), ..retracted(&member, &member) };
    world.refuses(OFFICER, long, invalid("case_reference")).await;
    let bare = v1::ExcuseMonthsRequest { kind: 0, ..excuse(&member, "2026-03", "2026-03") };
    world.refuses(OFFICER, bare, required("kind")).await;
    let bare = v1::ExcuseMonthsRequest { from_month: String::new(), ..excuse(&member, "2026-03", "2026-03") };
    world.refuses(OFFICER, bare, required("from_month")).await;
}

#[tokio::test]
async fn a_record_is_replaced_by_who_has_read_it() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let read = world.reads(OFFICER, get(&member)).await.member.expect("a member");
    let mut renamed = update(&member, &read.etag);
    renamed.latin_name = Some(name("Keo", "Sophea"));
    renamed.phone = phone(9);
    renamed.more_identifiers = vec![national_id(9)];
    let reply = world.takes(OFFICER, renamed.clone()).await;
    let now = world.reads(OFFICER, get(&member)).await.member.expect("a member");
    assert_eq!((&now.etag, &now.latin_name, &now.phone), (&reply.etag, &renamed.latin_name, &phone(9)));
    assert_eq!((now.identifiers.len(), now.register_time), (3, read.register_time));
    let found = async |number: u32| {
        let selector = Some(v1::find_member_request::Selector::Phone(phone(number)));
        let ask = v1::FindMemberRequest { selector, ..Default::default() };
        world.reads(OFFICER, ask).await.members.len()
    };
    assert_eq!((found(1).await, found(9).await), (0, 1));
    let stale = no(Code::Aborted, "ETAG_STALE");
    let told = world.refuses(OFFICER, v1::UpdateMemberRequest { request_id: fresh(), ..renamed.clone() }, stale).await;
    assert_eq!(told.metadata["member_id"], member);
    world.refuses(OFFICER, update(&member, "no etag at all"), stale).await;
    world.refuses(OFFICER, update(&member, ""), required("etag")).await;
    world.member(2).await;
    let taken = v1::UpdateMemberRequest { more_identifiers: vec![national_id(2)], ..update(&member, &reply.etag) };
    world.refuses(OFFICER, taken, exists("IDENTIFIER_IN_USE").at("more_identifiers[0].value")).await;
    world.refuses(OFFICER, update(&reply.etag, &reply.etag), no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
}

#[tokio::test]
async fn a_receipt_that_is_asked_for_again_bears_the_name_of_its_day() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let told = payment(&member, TODAY);
    let receipt = world.takes(COLLECTOR, told.clone()).await;
    let etag = world.reads(OFFICER, get(&member)).await.member.expect("a member").etag;
    let renamed = v1::UpdateMemberRequest { latin_name: Some(name("Zan", "Zora")), ..update(&member, &etag) };
    world.takes(OFFICER, renamed).await;
    assert_eq!(world.ask(COLLECTOR, told).await.expect("the same again"), receipt);
    assert_eq!(registration(1).sex, update(&member, &etag).sex);
    world.reads(OFFICER, check(1)).await;
}
