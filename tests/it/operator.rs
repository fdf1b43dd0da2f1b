//! What an operator types: `krama lapse` and `krama verify`, beside a server on the same ledger.

use std::process::Output;

use crate::process::run;
use crate::world::World;

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_passes_and_is_verified_from_the_command_line() {
    let world = World::on("2025-01-06").await;
    for number in 1..=3 {
        let member = world.enrolled(number).await;
        world.pay(&member, "2025-01-06", 1).await;
    }
    world.clock_to("2025-03-20").await;
    let waiting = run(&world.folder, &["verify", "--sandbox"]).await;
    assert_eq!(waiting.status.code(), Some(0), "{}", told(&waiting));
    assert!(
        told(&waiting).contains("3 members compared: 0 differ from the law, 0 from the feed"),
        "{}",
        told(&waiting)
    );
    assert!(told(&waiting).contains("3 wait for the lapse run"), "{}", told(&waiting));
    let ahead = run(&world.folder, &["lapse", "--sandbox", "--as-of", "2025-03-21"]).await;
    assert_eq!(ahead.status.code(), Some(2), "a day to come: {}", told(&ahead));
    let lapsed = run(&world.folder, &["lapse", "--sandbox"]).await;
    assert_eq!(lapsed.status.code(), Some(0), "{}", told(&lapsed));
    assert!(told(&lapsed).contains("done: 3 members looked at, 3 told, 3 notices"), "{}", told(&lapsed));
    let again = run(&world.folder, &["lapse", "--sandbox"]).await;
    assert!(told(&again).contains("done: 0 members looked at, 0 told, 0 notices"), "{}", told(&again));
    let real = run(&world.folder, &["verify"]).await;
    assert_eq!(real.status.code(), Some(2), "a sandbox is not opened as a real ledger: {}", told(&real));

    world.book.falsify("UPDATE standing SET overdue = 9 WHERE member = (SELECT min(member) FROM standing)").await;
    let wrong = run(&world.folder, &["verify", "--sandbox"]).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", told(&wrong));
    assert!(told(&wrong).contains("3 members compared: 1 differ from the law, 1 from the feed"), "{}", told(&wrong));
}
