//! Derive macros for the node and root types of a polder region.
//!
//! `polder` re-exports the three macros beside the traits of the same names; use them from there. The code they write
//! names its traits by absolute paths (`::polder::Rebrand` and so on), so a crate that uses them depends on `polder`
//! under that name. It contains no `unsafe`.
//!
//! # What the macros accept
//!
//! Structs of every form and enums of every form, with at most one lifetime parameter. That parameter is the *brand*,
//! whatever its name; a type without one is its own member at every brand. A second lifetime is refused, because a
//! region holds nothing that is borrowed from outside. Unions are refused, because nothing says which field is alive.
//!
//! A type parameter is itself a family: of `List<'r, T>`, the family is `List<'static, T>` with `T: Rebrand`, and the
//! member at `'r` is `List<'r, T::At<'r>>`. Bounds written on the type, inline or in its `where` clause, are demanded
//! twice: of the family, and of the member at every brand. For `T: Clone` that is `T: Clone` and
//! `for<'b> T::At<'b>: Clone`. Outlives bounds such as `T: 'r` are dropped, as they always hold. Const parameters and
//! defaults pass through.
//!
//! | attribute | place | effect |
//! |---|---|---|
//! | `#[region(plain)]` | a type parameter | the parameter has no brand inside: `At<'r> = Node<'r, T>`, with `T: 'static` in place of `T: Rebrand` |
//! | `#[region(bound(K: Eq + Hash, …))]` | the type | further `where` predicates for `Relocate` and `DeepClone`, demanded twice like those of the type |
//! | `#[region(skip)]` | a field | `Relocate` moves the field unchanged, `DeepClone` clones it by `Clone` |
//! | `#[region(default)]` | a field | the field is rebuilt by `Default`, whatever it was; for caches, say |
//!
//! Any other word in `region(…)` is an error that lists those valid in its place.
//!
//! # How fields are carried over
//!
//! The family of a field is its declared type with `'static` in place of the brand, wherever the brand occurs: in
//! nested generics, trait objects, function pointers, arrays. `Relocate` and `DeepClone` of the field are those of that
//! family, and the compiler checks that the result belongs to the new brand.
//!
//! A field whose type names neither the brand nor a family parameter nor `Self` cannot hold a reference into the
//! region. `Relocate` moves it as it is, and asks nothing of its type. `DeepClone` does ask for a decision: the type
//! implements `DeepClone`, or the field says `#[region(skip)]` and is cloned by `Clone`. Fields that name a plain
//! parameter (and no brand) are cloned by `Clone`, and the parameter is bounded by it unless it is `?Sized`. A
//! `PhantomData` that names the brand is written anew.
//!
//! # Limits
//!
//! - **Types with a destructor.** `Relocate` takes the value apart, which Rust refuses for a type that implements
//!   `Drop`. The macro fails with E0119 about the trait `TypeWithDropNeedsHandWrittenRelocate`, and mostly E0509 beside
//!   it. Implement `Relocate` by hand: move the fields out with `mem::take` or `Option::take`, let the empty shell drop
//!   (or `mem::forget` it), and build the new value. Better still, move the destructor to a field of its own type that
//!   has no brand. `Rebrand` and `DeepClone` do not mind.
//! - **Associated types of a family parameter.** In a bound, write `<T as Trait>::Item` in place of `T::Item`; the
//!   macro has to say the same of every member and cannot see the trait. As the type of a field, `T::Item` is not
//!   rebranded along with `T`: make `T` plain, or give the item a parameter of its own.
//! - **Plain parameters beside a brand.** In `Ref<'r, T>` or `Vec<(T, Ref<'r, U>)>` with a plain `T`, the `Relocate` of
//!   the reference or the vector asks for `T: Relocate`, which a plain parameter does not promise. Wrap the `T` in a
//!   struct with a plain parameter of its own, or promise it on the type:
//!   `#[region(bound(T: Relocate + for<'b> Rebrand<At<'b> = T>))]`. A plain parameter of one type cannot be filled with
//!   a family parameter of another.
//! - **Unsized parameters.** A member is `Sized`, so `T: ?Sized` serves plain parameters only; a family parameter cannot
//!   be `str`.
//! - **Trait objects.** Nothing tells what is behind `Box<dyn Shape<'r> + 'r>`. `Rebrand` does not mind; for the other two
//!   implement `Rebrand`, `Relocate` or `DeepClone` for `Box<dyn Shape<'static>>` by hand, through methods of `Shape`.
//! - **Macros in types.** A field of type `some_macro!(…)` goes through its family even if it names no brand, since that
//!   cannot be seen.
//! - **Packed types.** `DeepClone` borrows the fields, which Rust refuses where they are not aligned.

mod attributes;
mod expand;
mod generics;
mod input;
mod rewrite;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::input::Input;

/// Implements `polder::Rebrand`: declares the type's family and its member at each brand.
///
/// `Node<'r>` gets `impl Rebrand for Node<'static> { type At<'r> = Node<'r>; }`. Nothing is asked of the fields.
///
/// Attributes: see the [crate documentation](crate).
#[proc_macro_derive(Rebrand, attributes(region))]
pub fn derive_rebrand(input: TokenStream) -> TokenStream {
    expand_with(parse_macro_input!(input), expand::rebrand)
}

/// Implements `polder::Relocate`: carries a value over to another brand, field by field.
///
/// Needs `Rebrand`, which is derived beside it. Not for types that implement `Drop`: see the limits in the
/// [crate documentation](crate).
///
/// Attributes: see the [crate documentation](crate).
#[proc_macro_derive(Relocate, attributes(region))]
pub fn derive_relocate(input: TokenStream) -> TokenStream {
    expand_with(parse_macro_input!(input), expand::relocate)
}

/// Implements `polder::DeepClone`: copies a borrowed value to another brand, field by field.
///
/// Needs `Rebrand`, which is derived beside it.
///
/// Attributes: see the [crate documentation](crate).
#[proc_macro_derive(DeepClone, attributes(region))]
pub fn derive_deep_clone(input: TokenStream) -> TokenStream {
    expand_with(parse_macro_input!(input), expand::deep_clone)
}

fn expand_with(
    input: DeriveInput,
    expand: impl FnOnce(&Input) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    Input::parse(input).and_then(|input| expand(&input)).unwrap_or_else(syn::Error::into_compile_error).into()
}
