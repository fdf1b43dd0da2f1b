//! ListMembers and ListEmployments: pages, and what may be asked of them.

use krama::proto::v1;

use crate::refusal::{invalid, required};
use crate::say::{employments, hire_of, worker};
use crate::world::{OFFICER, PAYROLL, SUPERVISOR, World};

const TODAY: &str = "2026-03-10";

fn page(page_size: i32, page_token: &str) -> v1::ListMembersRequest {
    v1::ListMembersRequest { page_size, page_token: page_token.to_owned(), ..Default::default() }
}

async fn ids(world: &World, page_size: i32, page_token: &str) -> (Vec<String>, String) {
    let reply = world.reads(SUPERVISOR, page(page_size, page_token)).await;
    (reply.members.into_iter().map(|member| member.member_id).collect(), reply.next_page_token)
}

#[tokio::test]
async fn members_are_listed_in_the_order_of_registration_and_a_late_one_comes_last() {
    let world = World::on(TODAY).await;
    let mut members = Vec::new();
    for number in 1..=6 {
        members.push(world.member(number).await);
    }
    let (first, next) = ids(&world, 4, "").await;
    assert_eq!(first, members[..4]);
    for number in 7..=9 {
        members.push(world.member(number).await);
    }
    let (second, next) = ids(&world, 4, &next).await;
    assert_eq!(second, members[4..8]);
    let (third, end) = ids(&world, 4, &next).await;
    assert_eq!((third, end), (members[8..].to_vec(), String::new()));
    let (all, end) = ids(&world, 9, "").await;
    assert_eq!((all, end), (members, String::new()), "a page that is just full is the last");
}

#[tokio::test]
async fn a_page_has_its_sizes() {
    let world = World::with(TODAY, |config| (config.limits.page_default, config.limits.page_most) = (2, 4)).await;
    for number in 1..=5 {
        world.member(number).await;
    }
    for (asked, listed) in [(0, 2), (1, 1), (3, 3), (4, 4), (5, 4), (i32::MAX, 4)] {
        assert_eq!(ids(&world, asked, "").await.0.len(), listed, "{asked}");
    }
    for negative in [-1, i32::MIN] {
        world.refuses(OFFICER, page(negative, ""), invalid("page_size")).await;
    }
    world.refuses(OFFICER, page(1, "page two, please"), invalid("page_token")).await;
    assert!(World::on(TODAY).await.config.limits.page_most == 500, "the contract promises 500");
}

#[tokio::test]
async fn an_empty_ledger_lists_nobody() {
    let world = World::on(TODAY).await;
    assert_eq!(ids(&world, 0, "").await, (Vec::new(), String::new()));
}

#[tokio::test]
async fn employments_are_listed_as_they_were_reported() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    for (number, first_day) in [(1, "2026-03-10"), (2, "2026-03-01"), (3, "2026-04-01")] {
        world.member(number).await;
        let reported = hire_of(&employer, &format!("W-{number}"), first_day, worker(number));
        world.takes(PAYROLL, reported).await;
    }
    let list = |page_size, page_token: &str| v1::ListEmploymentsRequest {
        page_size,
        page_token: page_token.to_owned(),
        ..employments(&employer)
    };
    let first = world.reads(PAYROLL, list(2, "")).await;
    let second = world.reads(PAYROLL, list(2, &first.next_page_token)).await;
    assert!(second.next_page_token.is_empty());
    let all: Vec<v1::Employment> = first.employments.into_iter().chain(second.employments).collect();
    let numbers: Vec<&str> = all.iter().map(|employment| employment.employment_number.as_str()).collect();
    assert_eq!(numbers, ["W-1", "W-2", "W-3"]);
    let employed: Vec<bool> = all.iter().map(|employment| employment.employed).collect();
    assert_eq!(employed, [true, true, false], "the third begins in April");
    assert!(all.iter().all(|employment| employment.r#match() == v1::WorkerMatch::Matched));
    assert!(all.iter().all(|employment| employment.known_time.is_some() && employment.last_day.is_none()));
    assert!(all[0].masked_name.contains("***") && !all[0].masked_name.contains("Chea"), "{}", all[0].masked_name);

    world.refuses(PAYROLL, list(-1, ""), invalid("page_size")).await;
    world.refuses(PAYROLL, list(1, "?"), invalid("page_token")).await;
    world.refuses(PAYROLL, employments(""), required("employer_id")).await;
    world.refuses(PAYROLL, employments("0"), invalid("employer_id")).await;
    assert_eq!(world.reads(OFFICER, list(i32::MAX, "")).await.employments.len(), 3);
}
