//! RegisterMember, GetMember and FindMember.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::find_member_request::Selector;
use tonic::Code;

use crate::refusal::{No, exists, invalid, no, not_now, required};
use crate::say::{date, get, identifier, name, national_id, registration};
use crate::world::{AGENT, OFFICER, SUPERVISOR, World};

const TODAY: &str = "2026-03-10";

fn find(selector: Selector) -> v1::FindMemberRequest {
    v1::FindMemberRequest { selector: Some(selector), at_least_position: None }
}

#[tokio::test]
async fn a_person_is_on_record_as_given_and_found_again() {
    let world = World::on(TODAY).await;
    let told = registration(7);
    let registered = world.takes(OFFICER, told.clone()).await;
    let read = world.reads(AGENT, get(&registered.member_id)).await;
    let member = read.member.expect("a member");
    assert_eq!((member.khmer_name, member.latin_name), (told.khmer_name, told.latin_name));
    assert_eq!((member.sex, member.birth_date), (told.sex, told.birth_date));
    assert_eq!((member.identifiers, member.phone), (told.identifiers.clone(), told.phone.clone()));
    assert_eq!((member.commune_code, member.register_time), (told.commune_code, registered.known_time));
    let decision = read.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::NotEnrolled);
    assert_eq!((decision.covered, decision.employed, decision.covers.len()), (false, false, 0));
    for identifier in told.identifiers {
        let found = world.reads(SUPERVISOR, find(Selector::Identifier(identifier))).await;
        assert_eq!(found.members.len(), 1);
        assert_eq!(found.members[0].member_id, registered.member_id);
    }
    for phone in [told.phone.as_str(), "012000007", "០១២០០០០០៧"] {
        let found = world.reads(OFFICER, find(Selector::Phone(phone.to_owned()))).await;
        assert_eq!(found.members.len(), 1, "{phone}");
    }
}

#[tokio::test]
async fn a_number_is_found_exactly_or_not_at_all() {
    let world = World::on(TODAY).await;
    world.member(7).await;
    let kind = v1::IdentifierKind::NationalId;
    for (kind, value, found) in [
        (kind, "000000007", 1),
        (kind, " 000000007 ", 1),
        (kind, "00000007", 0),
        (kind, "7", 0),
        (v1::IdentifierKind::Passport, "000000007", 0),
    ] {
        let reply = world.reads(OFFICER, find(Selector::Identifier(identifier(kind, value)))).await;
        assert_eq!(reply.members.len(), found, "{value:?}");
        assert!(!reply.more && reply.position.is_some());
    }
}

#[tokio::test]
async fn a_phone_that_a_family_shares_answers_all_of_them_in_the_order_of_registration() {
    let world = World::on(TODAY).await;
    let mut members = Vec::new();
    for number in 1..=51 {
        let told = v1::RegisterMemberRequest { phone: "+855 12 999 999".to_owned(), ..registration(number) };
        members.push(world.ask(OFFICER, told).await.expect("a member").member_id);
        if number == 50 {
            let found = world.reads(OFFICER, find(Selector::Phone("012999999".to_owned()))).await;
            assert_eq!((found.members.len(), found.more), (50, false));
        }
    }
    let found = world.reads(OFFICER, find(Selector::Phone("012999999".to_owned()))).await;
    let ids: Vec<String> = found.members.into_iter().map(|member| member.member_id).collect();
    assert!(found.more);
    assert_eq!(ids, members[..50]);
}

/// Spoils a good registration and sees it refused.
async fn spoilt(world: &World, spoil: impl FnOnce(&mut v1::RegisterMemberRequest), no: No) {
    let mut told = registration(1);
    spoil(&mut told);
    world.refuses(OFFICER, told, no).await;
}

#[tokio::test]
async fn a_registration_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    spoilt(&world, |told| told.request_id.clear(), required("request_id")).await;
    spoilt(&world, |told| told.request_id = "not-a-uuid".to_owned(), invalid("request_id")).await;
    spoilt(&world, |told| (told.khmer_name, told.latin_name) = (None, None), required("latin_name.given")).await;
    spoilt(&world, |told| told.sex = 0, required("sex")).await;
    spoilt(&world, |told| told.sex = 9, invalid("sex")).await;
    spoilt(&world, |told| told.birth_date = None, required("birth_date")).await;
    spoilt(&world, |told| told.identifiers.clear(), required("identifiers")).await;
    spoilt(&world, |told| told.identifiers[1].kind = 0, required("identifiers[1].kind")).await;
    spoilt(&world, |told| told.identifiers[1].kind = 99, invalid("identifiers[1].kind")).await;
    spoilt(&world, |told| told.identifiers[0].value = "  ".to_owned(), required("identifiers[0].value")).await;
    spoilt(&world, |told| told.identifiers[1] = told.identifiers[0].clone(), invalid("identifiers[1]")).await;
    spoilt(&world, |told| told.phone = "1234567".to_owned(), invalid("phone")).await;
    spoilt(&world, |told| told.phone = "call me please".to_owned(), invalid("phone")).await;
    spoilt(&world, |told| told.commune_code = "12010".to_owned(), invalid("commune_code")).await;
    let only_family = Some(name("Chea", ""));
    let nameless = |told: &mut v1::RegisterMemberRequest| (told.khmer_name, told.latin_name) = (None, only_family);
    spoilt(&world, nameless, required("latin_name.given")).await;
    let control = |told: &mut v1::RegisterMemberRequest| told.latin_name = Some(name("Che\u{7}a", "Sophea"));
    spoilt(&world, control, invalid("latin_name.family")).await;
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_twenty_fields_at_most() {
    let world = World::on(TODAY).await;
    let empty = v1::RegisterMemberRequest {
        identifiers: vec![v1::Identifier::default(); 10],
        ..v1::RegisterMemberRequest::default()
    };
    let told = world.refuses(OFFICER, empty, required("request_id")).await;
    assert_eq!(told.fields.len(), 20);
    // The request id, a name, the sex, the birth date, and kind and value of ten numbers.
    assert_eq!(told.metadata["violations_omitted"], "4");
    let two = v1::RegisterMemberRequest { sex: 0, birth_date: None, ..registration(1) };
    let told = world.refuses(OFFICER, two, required("sex")).await;
    assert_eq!(
        (told.fields, told.metadata["violations_omitted"].as_str()),
        (vec!["sex".into(), "birth_date".into()], "0")
    );
}

#[tokio::test]
async fn ten_numbers_are_taken_and_eleven_are_too_many() {
    let world = World::on(TODAY).await;
    let with = |count: u32| v1::RegisterMemberRequest {
        identifiers: (1..=count).map(|number| national_id(1_000 * count + number)).collect(),
        ..registration(1)
    };
    world.refuses(OFFICER, with(11), invalid("identifiers")).await;
    world.takes(OFFICER, with(10)).await;
    world.takes(OFFICER, with(1)).await;
}

#[tokio::test]
async fn names_and_numbers_have_their_longest_length_in_characters() {
    let world = World::on(TODAY).await;
    let long = |count: usize| "ក".repeat(count);
    let spoil = |count| move |told: &mut v1::RegisterMemberRequest| told.khmer_name = Some(name("", &long(count)));
    spoilt(&world, spoil(101), invalid("khmer_name.given")).await;
    let family = |told: &mut v1::RegisterMemberRequest| told.latin_name = Some(name(&"a".repeat(101), "Sophea"));
    spoilt(&world, family, invalid("latin_name.family")).await;
    let number = |told: &mut v1::RegisterMemberRequest| told.identifiers[0].value = "7".repeat(65);
    spoilt(&world, number, invalid("identifiers[0].value")).await;
    let mut longest = registration(1);
    spoil(100)(&mut longest);
    longest.latin_name = Some(name(&"a".repeat(100), &"b".repeat(100)));
    longest.identifiers[0].value = "7".repeat(64);
    world.takes(OFFICER, longest).await;
}

#[tokio::test]
async fn a_birth_date_may_be_known_in_part_and_may_not_lie_ahead() {
    let world = World::on(TODAY).await;
    let born = |year, month, day| Some(Date { year, month, day });
    for (number, known) in [born(1988, 0, 0), born(1988, 4, 0), born(2026, 3, 10), born(2026, 3, 0), born(2026, 0, 0)]
        .into_iter()
        .enumerate()
    {
        let number = u32::try_from(number).expect("a small number");
        world.takes(OFFICER, v1::RegisterMemberRequest { birth_date: known, ..registration(100 + number) }).await;
    }
    for unreal in [born(0, 4, 16), born(1988, 0, 16), born(1988, 13, 0), born(1988, 2, 30), born(1899, 1, 1)] {
        spoilt(&world, |told| told.birth_date = unreal, invalid("birth_date")).await;
    }
    for ahead in [born(2026, 3, 11), born(2026, 4, 0), born(2027, 0, 0)] {
        let unborn = v1::RegisterMemberRequest { birth_date: ahead, ..registration(1) };
        let told = world.refuses(OFFICER, unborn, not_now("DAY_IN_FUTURE").at("birth_date")).await;
        assert_eq!(told.metadata["latest"], TODAY);
        assert!(!told.metadata.contains_key("day"), "a birth date is nothing for a refusal to repeat");
    }
}

#[tokio::test]
async fn a_number_belongs_to_one_member() {
    let world = World::on(TODAY).await;
    let holder = world.member(7).await;
    let second = v1::RegisterMemberRequest { identifiers: vec![national_id(8), national_id(7)], ..registration(9) };
    let told = world.refuses(OFFICER, second, exists("IDENTIFIER_IN_USE").at("identifiers[1].value")).await;
    assert_eq!((told.metadata["kind"].as_str(), &told.metadata["member_id"]), ("NATIONAL_ID", &holder));
}

#[tokio::test]
async fn who_is_looked_up_wrongly_is_named_by_field_or_not_found() {
    let world = World::on(TODAY).await;
    let member = world.member(7).await;
    world.refuses(OFFICER, get(""), required("member_id")).await;
    world.refuses(OFFICER, get("nobody"), invalid("member_id")).await;
    let mut typo = member.clone().into_bytes();
    typo[3] = if typo[3] == b'7' { b'8' } else { b'7' };
    let typo = String::from_utf8(typo).expect("text");
    world.refuses(OFFICER, get(&typo), invalid("member_id")).await;
    let told = world.refuses(OFFICER, get("0000000000000"), no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
    assert_eq!(told.metadata["member_id"], "0000000000000");
    world.reads(OFFICER, get(&member.to_uppercase())).await;
    let nothing = v1::FindMemberRequest::default();
    world.refuses(OFFICER, nothing, required("selector")).await;
    let kindless = find(Selector::Identifier(v1::Identifier { kind: 0, value: "7".to_owned() }));
    world.refuses(OFFICER, kindless, required("identifier.kind")).await;
    world.refuses(OFFICER, find(Selector::Phone("12".to_owned())), invalid("phone")).await;
    world.refuses(OFFICER, find(Selector::Phone(String::new())), required("phone")).await;
    let later = v1::GetMemberRequest { member_id: member, at_least_position: None };
    assert_eq!(
        world.reads(OFFICER, later).await.decision.and_then(|d| d.as_of).and_then(|a| a.valid_at),
        Some(date(TODAY))
    );
}
