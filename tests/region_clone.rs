//! Deep clones: the same shape, nothing shared.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{Canary, drop_count, list_of, load, scaled, values_of};
use polder::{Cloner, DeepClone, Rebrand, Ref, Region, unsize};

#[test]
fn a_clone_is_equal_and_apart() {
    let mut list = list_of(0..scaled(100_000, 100) as u64);
    let copy = list.clone();
    assert_eq!(values_of(&copy), values_of(&list));
    list.open(|list, ctx| ctx[list.head.unwrap()].val = 77);
    assert_eq!(values_of(&copy)[0], 0);
    drop(list);
    assert_eq!(values_of(&copy)[1], 1);
}

#[test]
#[cfg(feature = "std")]
fn sharing_slices_strings_and_nested_regions_are_kept() {
    #[derive(Rebrand, DeepClone)]
    struct Root<'r> {
        twice: [Ref<'r, String>; 2],
        names: std::collections::HashMap<Ref<'r, String>, u64>,
        slice: Ref<'r, [Ref<'r, String>]>,
        text: Ref<'r, str>,
        blank: Ref<'r, str>,
        nested: Region<common::List<'static>>,
    }
    let region: Region<Root<'static>> = Region::new(|ctx| {
        let name = ctx.alloc("name".to_string());
        Root {
            twice: [name, name],
            names: std::collections::HashMap::from([(name, 5)]),
            slice: ctx.alloc_slice([name, name, name]),
            text: ctx.alloc_str("text"),
            blank: ctx.alloc_str(""),
            nested: list_of(0..3),
        }
    });
    let copy = region.clone();
    drop(region);
    copy.read(|root, view| {
        let name = root.twice[0];
        assert_eq!((&*view[name], root.names[&name]), ("name", 5));
        assert!(root.twice[1] == name && view[root.slice].iter().all(|item| *item == name));
        assert_eq!((&view[root.text], &view[root.blank]), ("text", ""));
        assert_eq!(values_of(&root.nested), [0, 1, 2]);
    });
}

#[test]
fn a_node_seen_as_array_and_as_slice_is_cloned_once() {
    let region: Region<(Ref<'static, [u64]>, Ref<'static, [u64; 3]>)> = Region::new(|ctx| {
        let array = ctx.alloc([1, 2, 3]);
        (unsize!(array => [u64]), array)
    });
    let copy = region.clone();
    copy.read(|(slice, array), view| {
        assert_eq!(slice.addr(), array.addr());
        assert_eq!((&view[*slice], view[*array]), (&[1, 2, 3][..], [1, 2, 3]));
    });
}

#[test]
fn a_panic_while_cloning_drops_the_copies_and_leaves_the_original() {
    struct Item(Canary, u64);
    impl Rebrand for Item {
        type At<'r> = Item;
    }
    impl DeepClone for Item {
        fn deep_clone<'o, 'n>(value: &Self, _: &mut Cloner<'o, 'n>) -> Self {
            assert!(value.1 != 3, "the fourth");
            Item(Canary(value.0.0), value.1)
        }
    }
    let count = drop_count();
    type Items = (Vec<Ref<'static, Item>>, Ref<'static, [Item]>);
    let region: Region<Items> = Region::new(|ctx| {
        let items: Vec<_> = (0..6).map(|n| ctx.alloc(Item(Canary(count), n))).collect();
        (items, ctx.alloc_slice((0..6).map(|n| Item(Canary(count), n))))
    });
    assert!(catch_unwind(AssertUnwindSafe(|| region.clone())).is_err());
    // However many were cloned before the panic, all of them are dropped, and none of the originals.
    let dropped = load(count);
    assert!(dropped > 0);
    region.read(|(items, _), view| assert_eq!(items.iter().map(|item| view[*item].1).sum::<u64>(), 15));
    drop(region);
    assert_eq!(load(count), dropped + 12);
}
