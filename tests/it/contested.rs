//! Contested: where a reading of the law gives another standing or cover, it is kept, told, listed and explained alike.

use krama::proto::v1;
use tonic::Code;

use crate::feed::{folded, listed};
use crate::policy::{approval, proposal};
use crate::refusal::{invalid, no};
use crate::say::explain;
use crate::world::{GATEWAY, OFFICER, SUPERVISOR, World};

/// The members whose standing hangs on a reading, by pages of a size.
async fn disputed(world: &World, page_size: i32) -> Vec<String> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let ask = v1::ListMembersRequest { page_size, page_token, contested: true, ..Default::default() };
        let page = world.reads(OFFICER, ask).await;
        assert!(page.members.len() <= usize::try_from(page_size).expect("a size"));
        all.extend(page.members.into_iter().map(|member| member.member_id));
        if page.next_page_token.is_empty() {
            return all;
        }
        page_token = page.next_page_token;
    }
}

/// What the feed says last of a member, by what all staff may know.
async fn told(world: &World, member: &str) -> bool {
    folded(&listed(world, SUPERVISOR, 100).await)[member].contested
}

/// A member from 10 March 2026 who never pays: under the law the seventh month is overdue on 16 October; under `elapsed`
/// six months have passed on 1 September, and all readings agree from 16 October on.
#[tokio::test]
async fn it_begins_and_ends_on_its_days_wherever_it_is_told() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    let paid = world.enrolled(2).await;
    world.pay(&paid, "2026-03-10", 12).await;
    let days = [
        ("2026-08-31", false),
        ("2026-09-01", true),
        ("2026-09-02", true),
        ("2026-10-15", true),
        ("2026-10-16", false),
        ("2026-10-17", false),
    ];
    for (day, contested) in days {
        world.clock_to(day).await;
        let listed: Vec<String> = contested.then(|| member.clone()).into_iter().collect();
        // Before anybody has looked the list is decided from the facts, and afterwards read from what is kept.
        assert_eq!(disputed(&world, 50).await, listed, "{day}, undecided");
        world.lapses().await;
        assert_eq!(world.keeps_the_truth().await, 0, "{day}");
        assert_eq!(disputed(&world, 50).await, listed, "{day}");
        assert_eq!(told(&world, &member).await, contested, "{day}");
        let explained = world.reads(OFFICER, explain(&member)).await;
        assert_eq!(!explained.contested.is_empty(), contested, "{day}");
    }
    assert!(!told(&world, &paid).await, "whoever pays is what every reading says");
    let redacted = folded(&listed(&world, GATEWAY, 100).await);
    assert!(redacted.values().all(|stands| !stands.contested), "a gateway learns nothing of readings");
    world.book.holds_together().await;
}

#[tokio::test]
async fn a_flag_is_not_gone_by_after_its_day() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-08-31").await;
    world.lapses().await;
    assert_eq!(world.keeps_the_truth().await, 0);
    // The law itself says the same until the fifteenth; that a reading does not is seen all the same.
    world.clock_to("2026-09-01").await;
    assert_eq!(disputed(&world, 50).await, std::slice::from_ref(&member));
    assert_eq!(world.keeps_the_truth().await, 1);
    // What is recorded takes the flag along: paid the day before, no reading has a lapse. A day later it would be a lapse
    // under that reading, whatever is paid.
    world.pay(&member, "2026-09-01", 7).await;
    assert_eq!(disputed(&world, 50).await, std::slice::from_ref(&member));
    world.pay(&member, "2026-08-31", 7).await;
    assert!(disputed(&world, 50).await.is_empty());
    assert!(!told(&world, &member).await);
    assert_eq!(world.keeps_the_truth().await, 0);
}

#[tokio::test]
async fn many_are_listed_page_by_page_and_a_forecast_says_so_too() {
    let world = World::on("2026-03-10").await;
    let mut members = Vec::new();
    for number in 1..=9 {
        let member = world.enrolled(number).await;
        if number % 3 == 0 {
            world.pay(&member, "2026-03-10", 7).await;
        } else {
            members.push(member);
        }
    }
    world.clock_to("2026-09-20").await;
    for _ in 0..2 {
        for size in [1, 4, 6, 50] {
            let mut listed = disputed(&world, size).await;
            listed.sort();
            let mut expected = members.clone();
            expected.sort();
            assert_eq!(listed, expected, "{size}");
        }
        world.lapses().await;
    }
    let all = v1::ListMembersRequest { page_size: 50, ..Default::default() };
    assert_eq!(world.reads(OFFICER, all).await.members.len(), 9, "unfiltered, everybody is listed");
    let bad = v1::ListMembersRequest { contested: true, page_token: "page two".to_owned(), ..Default::default() };
    world.refuses(OFFICER, bad, invalid("page_token")).await;
    for forecast in crate::notice::forecasts(&world, "2027-12-31").await {
        assert_eq!(forecast.contested, members.contains(&forecast.member_id), "{forecast:?}");
    }
}

const FOUR: &str = r#"
reading = "four-overdue"
title = "Four overdue months are enough"

[voluntary.lapse]
conditions = [{ consecutive = 3 }]

[[source]]
field = "voluntary.lapse.conditions"
assumption = "A story."
"#;

#[tokio::test]
async fn two_people_add_a_reading_and_it_is_heard_of_from_then_on() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    // March to July are overdue, and no reading of the shipped law differs yet.
    world.clock_to("2026-08-20").await;
    world.lapses().await;
    let then = world.now().await;
    let checked =
        world.reads(OFFICER, v1::CheckPolicyRequest { document: FOUR.to_owned(), ..Default::default() }).await;
    assert!(checked.sound, "{:?}", checked.faults);
    let [differs] = &checked.differences[..] else { panic!("{checked:?}") };
    assert_eq!(differs.path, "voluntary.lapse.conditions");
    assert!(differs.before.contains("more than 6") && differs.after.contains("more than 3"), "{differs:?}");
    let proposed = world.takes(OFFICER, proposal(FOUR)).await;
    assert_eq!((&proposed.document, &proposed.digest), (&checked.document, &checked.digest));
    let which = Some(v1::get_policy_request::Policy::ProposalId(proposed.proposal_id.clone()));
    let shown = world.reads(OFFICER, v1::GetPolicyRequest { policy: which, ..Default::default() }).await;
    assert!(shown.effective_day.is_none() && shown.fields.is_empty() && shown.differences == checked.differences);
    assert_eq!(shown.readings[0].name, "four-overdue");
    let names = async |known_at| {
        let told = world.reads(OFFICER, v1::ExplainCoverageRequest { known_at, ..explain(&member) }).await;
        told.contested.into_iter().map(|one| one.reading).collect::<Vec<String>>()
    };
    assert!(names(None).await.is_empty(), "a proposal is not heard of");
    let approved = world.takes(SUPERVISOR, approval(&proposed)).await;
    assert_eq!(approved.effective_day, None);
    assert_eq!(names(None).await, ["four-overdue"]);
    assert!(names(Some(then)).await.is_empty(), "what was known before is what it was");
    assert_eq!(disputed(&world, 50).await, std::slice::from_ref(&member), "before anybody has looked");
    assert_eq!(world.lapses().await.members, 1, "another edition");
    assert_eq!((world.keeps_the_truth().await, told(&world, &member).await), (0, true));
    let decision = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::InArrears, "a reading changes no answer");

    let listed = world.reads(OFFICER, v1::ListPoliciesRequest::default()).await;
    assert_eq!((listed.revisions.len(), listed.proposals[0].reading.as_str()), (1, "four-overdue"));
    let unsound = no(Code::InvalidArgument, "POLICY_UNSOUND").at("document");
    world.refuses(OFFICER, proposal(FOUR), unsound).await;
    let cited = FOUR.replace("four-overdue", "rejoin").replace("lapse]", "return]");
    let cited =
        cited.replace("conditions = [{ consecutive = 3 }]", "bar = 12").replace("lapse.conditions", "return.bar");
    world.refuses(OFFICER, proposal(&cited), unsound).await;
    let world = world.restart().await;
    assert_eq!(disputed(&world, 50).await, [member]);
}
