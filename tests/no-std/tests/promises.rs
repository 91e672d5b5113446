//! What a program without std gets of polder is what others get.

use polder::collections::persistent::{Map, ProcessState};
use polder_no_std::{counted, highest, indexed, missing, names, reordered, ring};

#[test]
fn regions_are_built_frozen_moved_and_cloned() {
    let (mut plan, copy) = reordered(ring(5));
    plan.open(|tasks, ctx| {
        let first = tasks[0];
        ctx[first].name.push('!');
    });
    let plan = plan.freeze();
    let other = plan.clone();
    assert_eq!(
        names(&plan, 7).iter().map(String::as_str).collect::<Vec<_>>(),
        ["task 0!", "task 4", "task 3", "task 2", "task 1", "task 0!", "task 4"]
    );
    assert_eq!(names(&copy.freeze(), 1)[0], "task 0");
    drop(other);
    assert!(plan.try_thaw().is_ok());
}

#[test]
fn maps_are_shared_merged_and_indexed() {
    let none = Map::new();
    let one = counted(&none, ["a", "b", "a"]);
    let (one, other) = (counted(&one, ["a"]), counted(&one, ["b", "c"]));
    assert!(none.is_empty());
    let most = highest(&one, &other);
    let (ordered, table) = indexed(&most);
    let expected = [("a", 3), ("b", 2), ("c", 1)];
    assert!(ordered.iter().map(|(word, count)| (word.as_str(), *count)).eq(expected));
    assert!(expected.iter().all(|(word, count)| table.get(*word) == Some(count)));
    assert_eq!(one.diff(&other).count(), 3);
}

#[test]
fn sets_agree() {
    let all: Vec<u32> = (0..500).collect();
    let present: Vec<u32> = (0..500).filter(|number| number % 7 != 0).collect();
    let expected: Vec<u32> = (0..500).filter(|number| number % 7 == 0).collect();
    assert_eq!(missing(&all, &present), Some(expected));
}

#[test]
fn a_key_that_comes_too_late_is_refused() {
    // Somebody hashes first.
    assert_eq!(Map::from([("a", 1)]).get("a"), Some(&1));
    assert_eq!((0..100).map(|n| (n, n)).collect::<Map<_, _>>().get(&70), Some(&70));
    assert!(!ProcessState::seed([1, 2]));
}
