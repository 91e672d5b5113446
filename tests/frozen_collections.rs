//! Persistent collections within a frozen region: read by plain references from any thread; their versions outlive it.

mod common;

use std::sync::Arc;
use std::thread;

use common::scaled;
use polder::collections::persistent::{Map, OrdMap, Set, Vector};
use polder::{Frozen, Rebrand, Ref, Region};

/// A word, and the words that come after it.
#[derive(Rebrand)]
struct Word<'r> {
    text: Arc<str>,
    next: Vec<Ref<'r, Word<'r>>>,
}

/// All words by themselves: values of the map are references within the region.
#[derive(Rebrand)]
struct Book<'r> {
    words: Map<String, Ref<'r, Word<'r>>>,
    counts: OrdMap<String, u64>,
    lengths: Set<u64>,
    order: Vector<u32>,
}

const WORDS: usize = scaled(2000, 40);

fn book() -> Frozen<Book<'static>> {
    Region::<Book<'static>>::new(|ctx| {
        let words: Vec<_> = (0..WORDS)
            .map(|number| {
                let text = format!("word {number}");
                let word = ctx.alloc(Word { text: text.as_str().into(), next: Vec::new() });
                (text, word)
            })
            .collect();
        for (index, (_, word)) in words.iter().enumerate() {
            ctx[*word].next.push(words[(index + 1) % WORDS].1);
        }
        let counts = words.iter().enumerate().map(|(index, (text, _))| (text.clone(), index as u64)).collect();
        let lengths = words.iter().map(|(text, _)| text.len() as u64).collect();
        let mut words: Map<_, _> = words.into_iter().collect();
        words.compact_mut();
        Book { words, counts, lengths, order: (0..WORDS as u32).collect() }
    })
    .freeze()
}

#[test]
fn threads_read_the_same_entries_by_plain_references() {
    let book = book();
    let addresses = |book: &Frozen<Book<'static>>| {
        book.read(|book, view| {
            let word = book.words.get("word 7").unwrap();
            let after = view[*word].next[0];
            assert_eq!(&*view[after].text, "word 8");
            // The reference leads to the very node that the map in the region has.
            assert_eq!(book.words[&*view[after].text], after);
            let count: &u64 = &book.counts["word 8"];
            assert_eq!((*count, book.order[8]), (8, 8));
            assert!(book.lengths.contains(&6) && !book.lengths.contains(&3));
            let by_order: Vec<_> = book.counts.range("word 1".to_owned().."word 11".to_owned()).collect();
            assert_eq!(by_order[0], (&"word 1".to_owned(), &1));
            [&raw const *word as usize, &raw const *count as usize, &raw const book.order[8] as usize]
        })
    };
    let mine = addresses(&book);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(addresses(&book), mine, "nothing was copied"));
        }
    });
}

#[test]
fn a_version_outlives_the_region_that_it_was_in() {
    let book = book();
    let counts = book.read(|book, _| book.counts.clone());
    let threads: Vec<_> = (0..3_u64)
        .map(|thread| {
            let book = book.clone();
            thread::spawn(move || {
                let mine = book.read(|book, _| book.counts.clone());
                drop(book);
                mine.insert(format!("new {thread}"), thread)
            })
        })
        .collect();
    let versions: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    drop(book.try_thaw().expect("the last handle"));
    assert_eq!(counts.len(), WORDS);
    let all = versions.iter().fold(counts, |all, version| all.union(version));
    assert_eq!(all.len(), WORDS + 3);
    assert_eq!((all["new 2"], all["word 9"]), (2, 9));
}

#[test]
fn a_thawed_region_changes_its_own_version() {
    let book = book();
    let (counts, order) = book.read(|book, _| (book.counts.clone(), book.order.clone()));
    let mut book = book.try_thaw().expect("the last handle");
    book.open(|book, ctx| {
        let word = ctx.alloc(Word { text: "last".into(), next: Vec::new() });
        // Of the map there was a compact version: it is copied where it changes.
        book.words.insert_mut("last".to_owned(), word);
        assert!(!book.words.is_compact());
        book.counts.insert_mut("last".to_owned(), 0);
        book.order.push_back_mut(0);
        assert_eq!(&*ctx[book.words["last"]].text, "last");
    });
    let book = book.freeze();
    assert_eq!((counts.len(), order.len()), (WORDS, WORDS));
    book.read(|book, view| {
        assert_eq!((book.words.len(), book.counts.len(), book.order.len()), (WORDS + 1, WORDS + 1, WORDS + 1));
        assert_eq!(book.words.values().map(|word| view[*word].next.len()).sum::<usize>(), WORDS);
    });
}
