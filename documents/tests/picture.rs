//! A life that is drawn has everything on its page, and the page is well formed.

use krama_documents::case_file;
use krama_documents::catalogue::{Catalogue, Language};
use krama_documents::picture::{Life, compared, page};
use krama_documents::policy_file::law_named;
use krama_law::calendar::{Day, Moment};
use krama_law::decision::explain;
use krama_law::policy::Law;

const STORY: &str = "
- name: \"paid to January, out in September, hired in October\"
  policy: {law: kh}
  facts:
    - {enrolled: 2025-02-03}
    - {monthly: {from: 2025-02, to: 2026-01, day: 10, amount: 15600}}
    - {payment: 2026-11-02, amount: 31200}
    - {job: A, from: 2026-10-05}
  expect:
    - {on: 2027-01-20, standing: EMPLOYED}
";

fn life(language: Language, law: &str) -> (Life, Catalogue) {
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let law: Law = law_named(&policies, law, None).expect("the law is shipped");
    let case = &case_file::read(STORY).expect("the story reads")[0];
    let (timeline, day) = (case.timeline().expect("the story is told"), case.last_day().expect("it asks"));
    let catalogue = Catalogue::new(language);
    let explanation = explain(&timeline, &law, day, Moment::MAX);
    let book = law.as_known(Moment::MAX);
    let cite = |fields: &[&str], day: Day| {
        let source = fields.iter().find_map(|field| book.on(day).source(field));
        source.and_then(|source| source.citation.clone()).unwrap_or_default()
    };
    (Life::of("Chan Sreymom <SE-000042>", &explanation, &catalogue, cite), catalogue)
}

#[test]
fn a_page_tells_the_months_the_money_the_job_and_the_reasons() {
    let (life, catalogue) = life(Language::English, "kh");
    let svg = page(&life, &catalogue);
    for told in [
        "Where you stand and why",
        "In formal employment",
        "15,600",
        "31,200",
        "Membership lapsed: 7 months",
        "[1]",
        "Chan Sreymom &lt;SE-000042&gt;",
    ] {
        assert!(svg.contains(told), "{told} is not on the page");
    }
    assert_eq!(svg.matches('<').count(), svg.matches('>').count());
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    let (khmer, catalogue) = self::life(Language::Khmer, "kh");
    let svg = page(&khmer, &catalogue);
    assert!(svg.contains("១៥.៦០០") && svg.contains("មេធាវី"), "the page says that its Khmer is unreviewed");
}

#[test]
fn a_page_says_where_readings_of_the_law_differ() {
    let (calm, catalogue) = life(Language::English, "kh");
    assert!(!page(&calm, &catalogue).contains("Contested"));
    let titles = ["Six overdue months are enough, not seven", "A month is due on its own 15th"].map(str::to_owned);
    let svg = page(&Life { contested: titles.into(), ..calm }, &catalogue);
    assert!(svg.contains("Contested. Other readings of the law would decide otherwise: Six overdue months"), "{svg}");
    assert!(svg.contains("on its own 15th"));
}

#[test]
fn two_laws_are_drawn_on_one_page() {
    let ((one, catalogue), (other, _)) = (life(Language::English, "kh"), life(Language::English, "kh-grace"));
    let svg = compared(&one, &other, &catalogue);
    assert_eq!(svg.matches("What happened, newest first").count(), 2);
}
