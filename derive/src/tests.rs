//! Bad input and the message it gets; the shape of headers. What the generated code does is tested through `polder`.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::expand;
use crate::input::Input;

fn parse(source: &str) -> syn::Result<Input> {
    Input::parse(syn::parse_str::<DeriveInput>(source).expect("test input is Rust"))
}

fn errors(source: &str) -> Vec<String> {
    let error = parse(source)
        .and_then(|input| expand::rebrand(&input).and_then(|_| expand::relocate(&input)))
        .expect_err("refused");
    error.into_iter().map(|error| error.to_string()).collect()
}

#[track_caller]
fn refused(source: &str, message: &str) {
    let errors = errors(source);
    assert!(errors.len() == 1 && errors[0].contains(message), "{source}\n  expected: {message}\n  errors: {errors:?}");
}

/// The text of an expansion that is expected to contain `part`, both compared without spaces.
#[track_caller]
fn contains(expansion: syn::Result<TokenStream>, part: &str) {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let text = expansion.expect("accepted").to_string();
    assert!(squeeze(&text).contains(&squeeze(part)), "no `{part}` in\n{text}");
}

fn lacks(expansion: syn::Result<TokenStream>, word: &str) {
    let text = expansion.expect("accepted").to_string();
    assert!(!text.contains(word), "`{word}` in\n{text}");
}

#[test]
fn second_lifetime() {
    refused("struct A<'r, 's>(&'s str, Ref<'r, u8>);", "one lifetime parameter, its brand, which here is `'r`");
    let error = parse("struct A<'one, 'two>;").err().expect("refused");
    assert_eq!(error.span().source_text().as_deref(), Some("'two"));
    assert_eq!(errors("struct A<'a, 'b, 'c>;").len(), 2);
}

#[test]
fn bounded_brand() {
    refused("struct A<'r: 'static>(Ref<'r, u8>);", "must be able to stand for every lifetime");
    refused("struct A<'r>(Ref<'r, u8>) where 'r: 'static;", "must be able to stand for every lifetime");
    assert!(parse("struct A<'r: 'r>(Ref<'r, u8>) where 'static: 'r;").is_ok());
}

#[test]
fn union() {
    refused("union U { a: u8, b: u16 }", "`U` is a union");
}

#[test]
fn unknown_and_misplaced_attributes() {
    refused("#[region(skip)] struct A;", "no `region` attribute `skip` here: a type takes `bound(…)`");
    refused("struct A<#[region(bound)] T>(T);", "`bound` here: a type parameter takes `plain`");
    refused("struct A(#[region(plain)] u8);", "`plain` here: a field takes `skip` or `default`");
    refused("struct A { #[region(a::b)] a: u8 }", "`a::b` here: a field takes");
    refused("enum A { #[region(skip)] B }", "a variant takes no `region` attribute");
    refused("struct A<#[region(plain)] 'r>(Ref<'r, u8>);", "a lifetime parameter takes no");
    refused("struct A<#[region(plain)] const N: u8>;", "a const parameter takes no");
}

#[test]
fn malformed_attributes() {
    refused("struct A(#[region] u8);", "expected `#[region(…)]`");
    refused("struct A(#[region = \"skip\"] u8);", "expected `#[region(…)]`");
    refused("struct A(#[region(skip = 1)] u8);", "expected `,`");
    refused("struct A(#[region(skip, default)] u8);", "only one of `skip` and `default`");
    refused("struct A(#[region(skip)] #[region(skip)] u8);", "only one of `skip` and `default`");
    refused("struct A<#[region(plain, plain)] T>(T);", "`plain` is given twice");
    refused("#[region(bound)] struct A;", "expected parentheses");
    refused("#[region(bound(T))] struct A<T>(T);", "expected `:`");
}

#[test]
fn skipped_field_that_changes_its_type() {
    refused("struct A<'r>(#[region(skip)] Vec<Ref<'r, u8>>);", "a skipped field keeps its type");
    refused("struct A<T>(#[region(skip)] Option<T>);", "a skipped field keeps its type");
    refused("struct A<'r>(Ref<'r, u8>, #[region(skip)] Box<Self>);", "a skipped field keeps its type");
    refused("struct A<'r>(#[region(skip)] tokens!(Ref<'r, u8>));", "a skipped field keeps its type");
    // Not other types at another brand, or not known to be.
    assert!(
        parse("struct A<'r, #[region(plain)] T>(Ref<'r, u8>, #[region(skip)] T, #[region(skip)] other!());").is_ok()
    );
    assert!(parse("struct A(#[region(skip)] Option<Box<Self>>);").is_ok());
}

#[test]
fn shorthand_of_an_associated_type_in_a_bound() {
    refused("struct A<T: Iterator>(T) where T::Item: Copy;", "write `<T as Trait>::…` in full");
    refused("struct A<T: Iterator<Item = T::Other>>(T);", "write `<T as Trait>::…` in full");
    refused("#[region(bound(T::Item: Copy))] struct A<T: Iterator>(T);", "write `<T as Trait>::…` in full");
    assert!(expand::rebrand(&parse("struct A<#[region(plain)] T: Iterator>(T) where T::Item: Copy;").unwrap()).is_ok());
}

#[test]
fn all_mistakes_at_once() {
    let found = errors(
        "#[region(x)] struct A<'r: 'static, 's, #[region(y)] T>(#[region(z)] u8, #[region(skip, skip)] T) where 'r: 's;",
    );
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[test]
fn bounds_are_demanded_of_family_and_members() {
    let input =
        parse("struct A<'r, T: Clone + Tr<'r> + 'r>(Ref<'r, T>) where for<'x> [T]: Sub<'x>, u8: Copy;").unwrap();
    contains(
        expand::rebrand(&input),
        "impl<T> ::polder::Rebrand for A<'static, T> where T: ::polder::Rebrand, \
         T: Clone, for<'__r> <T as ::polder::Rebrand>::At<'__r>: Clone, \
         T: Tr<'static>, for<'__r> <T as ::polder::Rebrand>::At<'__r>: Tr<'__r>, \
         for<'x> [T]: Sub<'x>, for<'__r, 'x> [<T as ::polder::Rebrand>::At<'__r>]: Sub<'x> {",
    );
    lacks(expand::rebrand(&input), "Copy");
}

#[test]
fn binder_in_a_bound_moves_to_the_predicate() {
    let input = parse("struct A<T: for<'x> Tr<'x, T>>(T);").unwrap();
    contains(
        expand::rebrand(&input),
        "for<'__r, 'x> <T as ::polder::Rebrand>::At<'__r>: Tr<'x, <T as ::polder::Rebrand>::At<'__r>> {",
    );
}

#[test]
fn plain_parameters() {
    let input =
        parse("struct A<'r, #[region(plain)] T: Ord, #[region(plain)] U: ?Sized>(T, Ref<'r, u8>, Arc<U>);").unwrap();
    contains(
        expand::rebrand(&input),
        "where T: 'static, U: 'static, T: Ord, U: ?Sized { type At<'__r> = A<'__r, T, U>;",
    );
    contains(expand::deep_clone(&input), "where T: 'static + ::core::clone::Clone, U: 'static, T: Ord, U: ?Sized {");
    contains(expand::deep_clone(&input), "0: ::core::clone::Clone::clone(__field0)");
}

#[test]
fn bounds_of_the_attribute_belong_to_the_carrying_traits() {
    let input = parse("#[region(bound(K: Hash,))] struct A<K>(Set<K>);").unwrap();
    lacks(expand::rebrand(&input), "Hash");
    contains(expand::relocate(&input), "K: Hash, for<'__r> <K as ::polder::Rebrand>::At<'__r>: Hash {");
    contains(expand::deep_clone(&input), "K: Hash, for<'__r> <K as ::polder::Rebrand>::At<'__r>: Hash {");
}

#[test]
fn brand_is_replaced_wherever_it_occurs() {
    let input = parse(
        "struct A<'a>(Map<[&'a u8; { size::<N>() }], (fn(&'a u8, &u8) -> Ref<'a, A<'a>>, Box<dyn Tr<'a> + 'a>, t!('a [X<'a>]))>);",
    )
    .unwrap();
    contains(
        expand::relocate(&input),
        "<Map<[&'static u8; { size::<N>() }], (fn(&'static u8, &u8) -> Ref<'static, A<'static>>, \
         Box<dyn Tr<'static> + 'static>, t!('static [X<'static>]))> as ::polder::Relocate>::relocate(__field0, __engine)",
    );
}

#[test]
fn fields_without_a_brand_are_moved() {
    let input = parse("enum A<'r, T> { B { r#type: Foreign<'static>, b: other::T }, C(T, Ref<'r, u8>), D }").unwrap();
    contains(
        expand::relocate(&input),
        "match __value { A::B { r#type: __field0, b: __field1 } => A::B { r#type: __field0, b: __field1 }, \
         A::C { 0: __field0, 1: __field1 } => A::C { \
         0: <T as ::polder::Relocate>::relocate(__field0, __engine), \
         1: <Ref<'static, u8> as ::polder::Relocate>::relocate(__field1, __engine) }, \
         A::D {} => A::D {}, }",
    );
}

#[test]
fn rebuilt_fields_take_nothing_over() {
    let input = parse("struct A<'r>(#[region(default)] Cache<'r>, marker::PhantomData<&'r ()>);").unwrap();
    for expansion in [expand::relocate(&input), expand::deep_clone(&input)] {
        contains(
            expansion,
            "A { 0: _, 1: _ } => A { 0: ::core::default::Default::default(), 1: ::core::marker::PhantomData }",
        );
    }
}
