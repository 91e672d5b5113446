//! The brand of a session, and types that are families over it.

use core::marker::PhantomData;

/// Invariant in `'r`, and `Send + Sync`: two brands are never one type, and none converts into another.
pub(crate) type Brand<'r> = PhantomData<fn(&'r ()) -> &'r ()>;

/// A family of types, one for each brand.
///
/// A *brand* is the lifetime that names one open region: every [`Ref`](crate::Ref), [`Ctx`](crate::Ctx) and
/// [`View`](crate::View) of a session carries it, and no two sessions have the same. A node type mentions it, as
/// `Node<'r>` does, so the type of a region cannot name one node type: it names the family, by the member at `'static`.
/// `Region<List<'static>>` is a region whose root is a `List<'r>` in a session with brand `'r`.
///
/// Derive it: `#[derive(Rebrand)]` on a struct or enum with at most one lifetime parameter. Types without a brand are their
/// own family, and the usual ones of the standard library are provided. Only the root of a region has to be a family;
/// nodes need no trait to be allocated. (Compaction and cloning ask more: [`Relocate`](crate::Relocate),
/// [`DeepClone`](crate::DeepClone).)
///
/// ```
/// use polder::{Rebrand, Ref, Region};
///
/// #[derive(Rebrand)]
/// struct Pair<'r> {
///     left: Ref<'r, u64>,
///     right: Ref<'r, u64>,
/// }
///
/// let mut pair: Region<Pair<'static>> = Region::new(|ctx| Pair { left: ctx.alloc(1), right: ctx.alloc(2) });
/// assert_eq!(pair.open(|pair, ctx| ctx[pair.left] + ctx[pair.right]), 3);
/// ```
///
/// By hand it is one line, `impl Rebrand for Pair<'static> { type At<'r> = Pair<'r>; }`, and safe: the compiler refuses
/// a member that outlives its brand or smuggles a longer lifetime in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a family of branded types",
    label = "not a family",
    note = "derive it with `#[derive(Rebrand)]`, and write the brand as `'static`: `Region<Node<'static>>`"
)]
pub trait Rebrand: 'static {
    /// The member of the family at brand `'r`.
    type At<'r>: 'r;
}
