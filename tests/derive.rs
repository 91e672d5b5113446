//! The derive macros, by what the derived traits do to real graphs: each is compacted and cloned, and must keep its
//! shape and content in both, with none of its nodes shared with the original.
#![cfg(feature = "derive")]
#![forbid(unsafe_code)]
#![cfg(feature = "std")]

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polder::{Ctx, DeepClone, Mover, Rebrand, Ref, Region, Relocate, View};

/// Runs `check` on the region, on its clone, on the compacted clone of the clone, and on the compacted original.
#[track_caller]
fn in_every_state<R>(region: Region<R>, check: impl for<'x, 'r> Fn(&'x R::At<'r>, View<'x, 'r>))
where
    R: Relocate + DeepClone,
{
    region.read(&check);
    let clone = region.clone();
    clone.read(&check);
    clone.clone().compact().read(&check);
    let compacted = region.compact();
    clone.read(&check);
    drop(clone);
    compacted.read(&check);
}

#[derive(Rebrand, Relocate, DeepClone)]
struct Node<'node> {
    name: String,
    r#type: u8,
    next: Option<Ref<'node, Node<'node>>>,
    owned: Option<Box<Self>>,
}

fn ring<'r>(ctx: &mut Ctx<'r>, names: &[&str]) -> Ref<'r, Node<'r>> {
    let node = |name: &str| Node { name: name.to_owned(), r#type: 7, next: None, owned: None };
    let first = ctx.alloc(node(names[0]));
    let mut last = first;
    for name in &names[1..] {
        let mut new = node(name);
        new.owned = Some(Box::new(Node { next: Some(first), ..node("inner") }));
        let new = ctx.alloc(new);
        ctx[last].next = Some(new);
        last = new;
    }
    ctx[last].next = Some(first);
    first
}

#[test]
fn named_fields_and_cycles() {
    let mut region: Region<Ref<'static, Node<'static>>> = Region::new(|ctx| ring(ctx, &["a", "b", "c"]));
    let clone = region.clone();
    region.open(|first, ctx| ctx[*first].name.push('!'));
    clone.read(|first, view| assert_eq!(view[*first].name, "a"));
    in_every_state(region, |first, view| {
        let second = view[*first].next.unwrap();
        let third = view[second].next.unwrap();
        assert_eq!([&*view[*first].name, &*view[second].name, &*view[third].name], ["a!", "b", "c"]);
        assert_eq!(view[third].next, Some(*first));
        let inner = view[third].owned.as_ref().unwrap();
        assert_eq!((&*inner.name, inner.r#type, inner.next), ("inner", 7, Some(*first)));
    });
}

#[derive(Rebrand, Relocate, DeepClone)]
struct Tuple<'r>(Ref<'r, u64>, (u8, [Ref<'r, u64>; 2]));

#[derive(Rebrand, Relocate, DeepClone, Debug, PartialEq)]
struct Unit;

#[derive(Rebrand, Relocate, DeepClone)]
enum Never {}

#[derive(Rebrand, Relocate, DeepClone)]
enum Kind<'r> {
    Unit,
    Tuple(Tuple<'r>, Unit),
    Named {
        text: Ref<'r, str>,
        slice: Ref<'r, [Kind<'r>]>,
    },
    EmptyTuple(),
    EmptyNamed {},
    #[expect(dead_code, reason = "nobody can")]
    Impossible(Never),
}

#[test]
fn every_kind_of_variant() {
    let region: Region<Vec<Kind<'static>>> = Region::new(|ctx| {
        let (one, two) = (ctx.alloc(1), ctx.alloc(2));
        let text = ctx.alloc_str("text");
        let slice = ctx.alloc_slice([Kind::EmptyNamed {}, Kind::Tuple(Tuple(two, (0, [one, two])), Unit)]);
        vec![
            Kind::Unit,
            Kind::Tuple(Tuple(one, (9, [two, one])), Unit),
            Kind::Named { text, slice },
            Kind::EmptyTuple(),
        ]
    });
    in_every_state(region, |kinds, view| {
        let [Kind::Unit, Kind::Tuple(Tuple(one, (9, [two, again])), Unit), named, Kind::EmptyTuple()] = &kinds[..]
        else {
            panic!("wrong variants")
        };
        assert_eq!((view[*one], view[*two], one), (1, 2, again));
        let Kind::Named { text, slice } = named else { panic!("wrong variant") };
        assert_eq!(view.get(*text), "text");
        let [Kind::EmptyNamed {}, Kind::Tuple(Tuple(shared, _), _)] = view.get(*slice) else { panic!("wrong slice") };
        assert_eq!(shared, two);
        assert!(!kinds.iter().any(|kind| matches!(kind, Kind::Impossible(_))));
    });
}

/// Bounds in both places, a default, a const parameter, `Self`, and a binder in a bound.
#[derive(Rebrand, Relocate, DeepClone)]
struct List<'r, T: Clone + for<'a> Visit<'a> = Leaf<'r>, const N: usize = 2>
where
    T: Branded<'r> + 'r,
    [T; N]: Debug,
    for<'a> <T as Visit<'a>>::Out: Copy,
    Self: Sized,
{
    items: [T; N],
    next: Option<Ref<'r, List<'r, T, N>>>,
    first: Option<Ref<'r, Self>>,
}

trait Branded<'r> {
    fn target(&self) -> Option<Ref<'r, u64>>;
}

trait Visit<'a> {
    type Out;
}

#[derive(Rebrand, Relocate, DeepClone, Clone, Debug)]
struct Leaf<'r>(Option<Ref<'r, u64>>);

impl<'r> Branded<'r> for Leaf<'r> {
    fn target(&self) -> Option<Ref<'r, u64>> {
        self.0
    }
}

impl<'a> Visit<'a> for Leaf<'_> {
    type Out = &'a str;
}

#[test]
fn generics_with_bounds() {
    let region: Region<List<'static, Leaf<'static>>> = Region::new(|ctx| {
        let leaf = ctx.alloc(5);
        let first = ctx.alloc(List { items: [Leaf(Some(leaf)), Leaf(None)], next: None, first: None });
        ctx[first].first = Some(first);
        List { items: [Leaf(None), Leaf(Some(leaf))], next: Some(first), first: Some(first) }
    });
    in_every_state(region, |list, view| {
        let first = &view[list.next.unwrap()];
        assert_eq!(list.items[1].target(), first.items[0].target());
        assert_eq!(view[first.items[0].target().unwrap()], 5);
        assert_eq!((list.next, first.first), (list.first, list.first));
    });
}

/// Type parameters without any lifetime: the type is a family because its parameter is one.
#[derive(Rebrand, Relocate, DeepClone)]
enum Tree<T, E> {
    Fork(Box<(Tree<T, E>, Tree<T, E>)>),
    Leaf(T),
    Error { error: E },
}

#[test]
fn parameters_without_a_lifetime() {
    let region: Region<Tree<Ref<'static, String>, u8>> = Region::new(|ctx| {
        let leaf = ctx.alloc("leaf".to_owned());
        let fork = |a, b| Tree::Fork(Box::new((a, b)));
        fork(fork(Tree::Leaf(leaf), Tree::Error { error: 3 }), Tree::Leaf(leaf))
    });
    in_every_state(region, |tree, view| {
        let Tree::Fork(fork) = tree else { panic!("wrong variant") };
        let (Tree::Fork(inner), Tree::Leaf(right)) = &**fork else { panic!("wrong variants") };
        let (Tree::Leaf(left), Tree::Error { error: 3 }) = &**inner else { panic!("wrong variants") };
        assert_eq!((left, &*view[*left]), (right, "leaf"));
    });
}

/// A type that is `Clone` and nothing else: no family.
#[derive(Clone, Debug, PartialEq)]
struct Foreign(Arc<u32>);

#[derive(Rebrand, Relocate, DeepClone)]
struct Skips<'r> {
    node: Ref<'r, u64>,
    #[region(skip)]
    foreign: Foreign,
    #[region(default)]
    cache: Vec<Ref<'r, u64>>,
    marker: PhantomData<fn(&'r ()) -> &'r ()>,
}

#[test]
fn skipped_and_rebuilt_fields() {
    let shared = Arc::new(4);
    let region: Region<Skips<'static>> = Region::new(|ctx| {
        let node = ctx.alloc(1);
        Skips { node, foreign: Foreign(Arc::clone(&shared)), cache: vec![node], marker: PhantomData }
    });
    let clone = region.clone();
    assert_eq!(Arc::strong_count(&shared), 3, "skipped: cloned by Clone");
    let region = region.compact();
    assert_eq!(Arc::strong_count(&shared), 3, "skipped: moved");
    for region in [region, clone] {
        region.read(|root, view| {
            assert_eq!((view[root.node], &root.foreign), (1, &Foreign(Arc::clone(&shared))));
            assert!(root.cache.is_empty(), "rebuilt by Default");
        });
    }
}

#[derive(Rebrand, Relocate)]
struct MovesForeign<'r>(Foreign, Ref<'r, u64>, Box<dyn FnMut() -> u32 + Send>);

#[test]
fn fields_without_a_brand_need_no_family() {
    let region: Region<MovesForeign<'static>> = Region::new(|ctx| {
        let mut calls = 0;
        let count = move || {
            calls += 1;
            calls
        };
        MovesForeign(Foreign(Arc::new(3)), ctx.alloc(2), Box::new(count))
    });
    let mut region = region.compact();
    region.open(|MovesForeign(foreign, node, count), ctx| {
        assert_eq!((*foreign.0, ctx[*node], count(), count()), (3, 2, 1, 2));
    });
}

#[derive(Rebrand, Relocate, DeepClone)]
struct Plain<'r, #[region(plain)] T: Ord, #[region(plain)] U: ?Sized, const N: usize> {
    sorted: [Vec<T>; N],
    unsized_too: Arc<U>,
    next: Option<Ref<'r, Plain<'r, T, U, N>>>,
}

#[test]
fn plain_parameters() {
    let text: Arc<str> = "text".into();
    let region: Region<Plain<'static, Score, str, 1>> = Region::new(|ctx| {
        let node = |next| Plain { sorted: [vec![Score(1), Score(2)]], unsized_too: Arc::clone(&text), next };
        let leaf = ctx.alloc(node(None));
        node(Some(leaf))
    });
    in_every_state(region, |root, view| {
        let next = &view[root.next.unwrap()];
        assert!(next.sorted[0].is_sorted() && next.sorted == root.sorted);
        assert!(Arc::ptr_eq(&next.unsized_too, &root.unsized_too));
    });
}

/// `Clone`, but no family.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Score(i32);

/// A plain parameter behind a reference, which asks for a promise.
#[derive(Rebrand, Relocate)]
#[region(bound(T: Relocate + for<'b> Rebrand<At<'b> = T>))]
struct Promised<'r, #[region(plain)] T>(Vec<(T, Ref<'r, T>)>);

#[test]
fn plain_parameter_that_is_its_own_family() {
    let region: Region<Promised<'static, String>> = Region::new(|ctx| {
        let node = ctx.alloc("b".to_owned());
        Promised(vec![("a".to_owned(), node), ("c".to_owned(), node)])
    });
    region.compact().read(|Promised(pairs), view| {
        assert_eq!((&*pairs[0].0, &*pairs[1].0, pairs[0].1), ("a", "c", pairs[1].1));
        assert_eq!(view[pairs[0].1], "b");
    });
}

/// The map's families ask for keys that hash at every brand. `Rebrand` by itself does not.
#[derive(Rebrand, Relocate, DeepClone)]
#[region(bound(K: Eq + Hash))]
struct Table<'r, K, V> {
    map: HashMap<K, Ref<'r, V>>,
}

#[derive(Rebrand, Relocate, DeepClone, PartialEq, Eq, Hash, Clone, Copy)]
struct Key<'r>(u8, Ref<'r, u64>);

#[test]
fn bounds_for_the_fields() {
    let region: Region<(Table<'static, Key<'static>, Node<'static>>, Key<'static>)> = Region::new(|ctx| {
        let key = Key(1, ctx.alloc(1));
        let node = ring(ctx, &["only"]);
        (Table { map: HashMap::from([(key, node), (Key(2, key.1), node)]) }, key)
    });
    in_every_state(region, |(table, key), view| {
        // Found, though the address that it hashes by is another one.
        let node = table.map[key];
        assert_eq!(table.map[&Key(2, key.1)], node);
        assert_eq!(view[node].next, Some(node));
    });
}

trait Shape<'r> {
    fn corner(&self) -> Ref<'r, u64>;
}

struct Square<'r>(Ref<'r, u64>);

impl<'r> Shape<'r> for Square<'r> {
    fn corner(&self) -> Ref<'r, u64> {
        self.0
    }
}

/// Nothing in here is a family.
#[derive(Rebrand)]
struct Opaque<'r> {
    shape: Box<dyn Shape<'r> + Send + 'r>,
    function: fn(&Opaque<'r>) -> Ref<'r, u64>,
    foreign: Foreign,
}

#[test]
fn rebrand_asks_nothing_of_the_fields() {
    let region: Region<Opaque<'static>> = Region::new(|ctx| {
        let shape = Box::new(Square(ctx.alloc(6)));
        Opaque { shape, function: |this| this.shape.corner(), foreign: Foreign(Arc::new(0)) }
    });
    region.read(|opaque, view| assert_eq!(view[(opaque.function)(opaque)] + u64::from(*opaque.foreign.0), 6));
}

/// A type with a destructor: `Relocate` by hand, the other two derived.
#[derive(Rebrand, DeepClone)]
struct Counted<'r> {
    other: Option<Ref<'r, Counted<'r>>>,
    drops: Arc<AtomicUsize>,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

impl Relocate for Counted<'static> {
    fn relocate<'o, 'n>(mut value: Counted<'o>, mover: &mut Mover<'o, 'n>) -> Counted<'n> {
        let other = value.other.take().map(|other| mover.mv::<Counted<'static>>(other));
        let drops = std::mem::take(&mut value.drops);
        Counted { other, drops }
    }
}

#[test]
fn destructor_beside_a_derived_family() {
    let drops = Arc::new(AtomicUsize::new(0));
    let region: Region<Ref<'static, Counted<'static>>> = Region::new(|ctx| {
        let node = |other| Counted { other, drops: Arc::clone(&drops) };
        let first = ctx.alloc(node(None));
        let second = ctx.alloc(node(Some(first)));
        ctx[first].other = Some(second);
        first
    });
    let clone = region.clone();
    let region = region.compact();
    // The empty shells drop a counter that nobody looks at.
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(clone);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    drop(region);
    assert_eq!(drops.load(Ordering::Relaxed), 4);
}

/// Types of unusual names in unusual places, with more lints than the rest.
mod hygiene {
    #![deny(
        warnings,
        nonstandard_style,
        single_use_lifetimes,
        trivial_bounds,
        unused_qualifications,
        clippy::all,
        clippy::pedantic
    )]

    use polder::Region;

    pub(crate) mod names {
        // Whatever generated code means by these names, it does not mean ours.
        #[expect(dead_code, reason = "in the way, which is the use of them")]
        mod in_the_way {
            pub(super) struct Clone;
            pub(super) struct Default;
            pub(super) struct Drop;
            pub(super) struct PhantomData;
            pub(super) struct Rebrand;
            pub(super) struct Relocate;
            pub(super) struct DeepClone;
            pub(super) struct Mover;
            pub(super) struct Cloner;
            pub(super) mod core {}
            pub(super) mod std {}
            pub(super) mod polder {}
        }
        #[expect(unused_imports, reason = "as above")]
        use in_the_way::*;

        #[derive(::polder::Rebrand, ::polder::Relocate, ::polder::DeepClone, Debug, PartialEq)]
        pub(crate) enum Option<T> {
            None,
            Some(T),
        }

        // The brand is named as in generated code, the fields as its variables, a variant as the associated type.
        #[derive(::polder::Rebrand, ::polder::Relocate, ::polder::DeepClone)]
        pub(crate) enum At<'__o, __T> {
            At { __value: ::polder::Ref<'__o, __T>, __engine: Option<__T>, __field1: u8, __field0: u8 },
            Self_(#[region(skip)] u8, #[region(default)] u8),
        }
    }

    #[derive(polder::Rebrand, polder::Relocate, polder::DeepClone)]
    #[expect(nonstandard_style, reason = "said of the type, it says nothing of derived code")]
    pub(crate) struct odd_names<'r, t, const n: usize> {
        pub(crate) theNode: polder::Ref<'r, t>,
        pub(crate) r#fn: [t; n],
    }

    #[derive(polder::Rebrand, polder::Relocate, polder::DeepClone)]
    #[deprecated]
    pub(crate) struct Deprecated<'r> {
        #[deprecated]
        pub(crate) field: polder::Ref<'r, u64>,
    }

    #[derive(polder::Rebrand, polder::Relocate, polder::DeepClone)]
    pub(crate) enum DeprecatedVariant<'r> {
        #[deprecated]
        Old(polder::Ref<'r, u64>),
    }

    macro_rules! from_a_macro {
        ($Name:ident, $r:lifetime, $field:ident: $Type:ty) => {
            #[derive(polder::Rebrand, polder::Relocate, polder::DeepClone)]
            pub(crate) struct $Name<$r, T: Clone + $r>
            where
                Vec<T>: Clone,
            {
                pub(crate) $field: polder::Ref<$r, T>,
                pub(crate) value: $Type,
                pub(crate) macro_type: from_a_macro!(@ polder::Ref<$r, T>),
            }
        };
        (@ $Type:ty) => { ($Type, Option<$Type>) };
    }
    from_a_macro!(Made, 'z, node: Vec<u8>);

    #[test]
    #[expect(deprecated, reason = "users may; generated code must without a warning")]
    fn deprecated_names() {
        let region: Region<(Deprecated<'static>, DeprecatedVariant<'static>)> = Region::new(|ctx| {
            let field = ctx.alloc(1);
            (Deprecated { field }, DeprecatedVariant::Old(field))
        });
        super::in_every_state(region, |(root, variant), view| {
            assert_eq!(view[root.field], 1);
            assert!(matches!(variant, DeprecatedVariant::Old(node) if *node == root.field));
        });
    }

    #[test]
    fn odd_names() {
        let region: Region<odd_names<'static, u64, 1>> =
            Region::new(|ctx| odd_names { theNode: ctx.alloc(1), r#fn: [2] });
        super::in_every_state(region, |root, view| assert_eq!((view[root.theNode], root.r#fn), (1, [2])));
    }

    #[test]
    fn compiles_and_runs() {
        use names::{At, Option};

        let region: Region<At<'static, u64>> =
            Region::new(|ctx| At::At { __value: ctx.alloc(1), __engine: Option::Some(2), __field1: 3, __field0: 4 });
        super::in_every_state(region, |root, view| {
            let At::At { __value: value, __engine: engine, __field1: one, __field0: zero } = root else {
                panic!("wrong variant")
            };
            assert_eq!((view[*value], engine, *one, *zero), (1, &Option::Some(2), 3, 4));
        });

        let region: Region<[At<'static, Option<u8>>; 2]> = Region::new(|ctx| {
            let none = ctx.alloc(Option::None);
            [At::Self_(5, 6), At::At { __value: none, __engine: Option::None, __field1: 0, __field0: 0 }]
        });
        region.compact().read(|[skipped, other], view| {
            assert!(matches!(skipped, At::Self_(5, 0)));
            assert!(matches!(other, At::At { __value, .. } if view[*__value] == Option::None));
        });

        let region: Region<Made<'static, String>> = Region::new(|ctx| {
            let node = ctx.alloc("made".to_owned());
            Made { node, value: vec![1], macro_type: (node, Some(node)) }
        });
        super::in_every_state(region, |made, view| {
            assert_eq!((&*view[made.node], &made.value[..]), ("made", &[1][..]));
            assert_eq!(made.macro_type, (made.node, Some(made.node)));
        });
    }
}

/// Only what is asked for: no derive asks for another but `Rebrand`.
#[test]
fn derives_stand_alone() {
    #[derive(Rebrand, DeepClone)]
    struct OnlyClone<'r>(Ref<'r, OnlyClone<'r>>, NonZeroU32);
    #[derive(Rebrand, Relocate)]
    struct OnlyRelocate<'r>(Option<Ref<'r, OnlyRelocate<'r>>>, Foreign);

    fn is_clone<T: Clone>(_: &T) {}

    let clone: Region<OnlyClone<'static>> = Region::new(|ctx| {
        let knot = ctx.alloc_cyclic(|this| OnlyClone(this, NonZeroU32::MIN));
        OnlyClone(knot, NonZeroU32::MAX)
    });
    is_clone(&clone);
    clone.clone().read(|root, view| assert_eq!((view[root.0].0, root.1), (root.0, NonZeroU32::MAX)));

    let relocate: Region<OnlyRelocate<'static>> = Region::new(|_| OnlyRelocate(None, Foreign(Arc::new(1))));
    relocate.compact().read(|root, _| assert!(root.0.is_none() && *root.1.0 == 1));
}
