//! Random calls on deep trees (nodes are narrow here), with a look at all invariants after each. Those that look at all nodes again and again are not for
//! Miri, for which there are the tests of the public face.

#[path = "../../../tests/support/vector_walk.rs"]
mod vector_walk;

use proptest::test_runner::{Config, TestRunner};

use super::{Vector, config::LEAF};

const CASES: u32 = if cfg!(miri) { 3 } else { 1500 };
const CALLS: usize = if cfg!(miri) { 15 } else { 60 };

#[test]
fn random_calls_keep_the_invariants() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&vector_walk::calls(CALLS), |calls| {
        vector_walk::walk(&calls, 700, Vector::check);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

/// As [`u32`]s up to some number.
fn numbers(count: u32) -> Vector<u32> {
    (0..count).collect()
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn a_vector_built_by_pushes_is_dense() {
    let mut vector = Vector::new();
    for value in 0..1000 {
        vector.push_back_mut(value);
        assert_eq!(vector.tables(), 0);
    }
    vector.check();
    assert!(vector.levels() >= 4, "the nodes of this test are narrow");
    while vector.pop_back_mut().is_some() {
        vector.check();
        assert_eq!(vector.tables(), 0);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn pushes_to_the_front_leave_whole_trees_behind() {
    let mut vector = Vector::new();
    for value in 0..1000_u32 {
        vector.push_front_mut(value);
        vector.check();
        assert!(vector.tables() <= vector.levels(), "only the first branch of a level may be relaxed");
    }
    for value in (500..1000).rev() {
        assert_eq!(vector.pop_front_mut(), Some(value));
        vector.check();
    }
    for value in 0..500 {
        assert_eq!(vector.pop_back_mut(), Some(value));
        vector.check();
    }
}

/// In im, tables of sizes went wrong after many joins of relaxed trees.
#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn im_size_table_overflow() {
    let mut vector = Vector::new();
    let mut model = Vec::new();
    for round in 1..200_u32 {
        let piece = numbers(round * 7 % 41);
        if round % 3 == 0 {
            vector = piece.concat(&vector);
            model.splice(0..0, piece.iter().copied());
        } else {
            vector.append_mut(&piece);
            model.extend(&piece);
        }
        let middle = vector.len() / 3;
        let (left, right) = vector.split_at(middle);
        vector = right.concat(&left);
        model.rotate_left(middle);
        vector.check();
    }
    assert!(vector.iter().eq(&model));
    assert!((0..model.len()).all(|index| vector[index] == model[index]));
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn many_joins_of_short_pieces_make_no_high_tree() {
    let mut left = Vector::new();
    let mut right = Vector::new();
    for round in 0..2000_u32 {
        let piece = numbers(1 + round % (3 * u32::try_from(LEAF).unwrap()));
        left = left.concat(&piece);
        right = piece.concat(&right);
    }
    // `check` holds the height against the length.
    left.check();
    right.check();
    let mut mixed = numbers(0);
    for round in 0..300 {
        mixed = mixed.concat(&left.slice(round..round + 40)).concat(&right.slice(round * 3..round * 3 + 9));
        mixed.check();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn slices_of_slices_stay_low() {
    let whole = numbers(4000);
    for start in (0..2000).step_by(61) {
        let mut slice = whole.skip(start);
        while slice.len() > 3 {
            slice = slice.slice(1..slice.len() - slice.len() / 4 - 1);
            slice.check();
        }
        // Spines of single children from both sides, sewn together.
        let thin = whole.slice(start..start + 17).concat(&whole.slice(start + 900..start + 916));
        thin.check();
        thin.concat(&whole).concat(&thin).check();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn a_vector_joined_with_itself_may_be_as_long_as_a_word_can_tell() {
    let mut vector = numbers(3);
    while vector.len() <= isize::MAX as usize / 2 {
        let longer = vector.concat(&vector);
        assert_eq!(longer.len(), vector.len() * 2);
        vector = longer;
    }
    let len = vector.len();
    assert!((0..64).all(|bit| vector[len >> bit >> 1] == u32::try_from((len >> bit >> 1) % 3).unwrap()));
    let inner = vector.slice(len / 2 - 5..len / 2 + 5);
    inner.check();
    assert!(inner.iter().zip(len / 2 - 5..).all(|(&value, index)| value as usize == index % 3));
    assert_eq!(vector.set(len / 2, 9)[len / 2], 9);
    assert!(std::panic::catch_unwind(|| vector.concat(&vector)).is_err(), "longer than may be");
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn elements_without_a_size_make_the_same_trees() {
    let mut vector: Vector<()> = (0..1000).map(|_| ()).collect();
    vector.push_front_mut(());
    vector.append_mut(&vector.clone());
    vector.check();
    assert_eq!(vector.len(), 2002);
    assert_eq!(vector, (0..2002).map(|_| ()).collect());
}

// Miri would have to run rayon's threads.
#[cfg(all(feature = "rayon", not(miri)))]
#[test]
fn many_threads_make_the_same_vector() {
    use rayon::prelude::*;

    for count in (0..300).chain([3000]) {
        let mut vector: Vector<u32> = (0..count).into_par_iter().collect();
        vector.check();
        assert_eq!((&vector, vector.tables()), (&numbers(count), 0));
        vector.par_extend((count..2 * count + 3).into_par_iter());
        vector.check();
        assert_eq!((&vector, vector.tables()), (&numbers(2 * count + 3), 0));
        let mut other = vector.skip(1);
        other.par_extend(numbers(count % 50).into_par_iter());
        other.check();
        assert_eq!(other, vector.skip(1).concat(&numbers(count % 50)));
    }
}
