//! The three expansions.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{Ident, Lifetime, Token, Type};

use crate::attributes::Carry;
use crate::generics::Demands;
use crate::input::{Field, Input, Parameter, ParameterKind, names_any};
use crate::rewrite::{Depends, brand_at, to_family};

pub(crate) fn rebrand(input: &Input) -> syn::Result<TokenStream> {
    let demands = Demands { family: quote!(::polder::Rebrand), plain: None, carries: false };
    let header = input.header(&quote!(::polder::Rebrand), &demands)?;
    let brand = brand_at(Span::call_site());
    let member = input.member();
    Ok(quote! {
        #[automatically_derived]
        #header {
            type At<#brand> = #member;
        }
    })
}

pub(crate) fn relocate(input: &Input) -> syn::Result<TokenStream> {
    let demands = Demands { family: quote!(::polder::Relocate), plain: None, carries: true };
    let header = input.header(&quote!(::polder::Relocate), &demands)?;
    let Locals { value, engine, old, new } = Locals::new();
    let body = take_apart(input, &quote!(#value), None, |way, value| match way {
        Way::Branded(family) => {
            quote_spanned!(value.span()=> <#family as ::polder::Relocate>::relocate(#value, #engine))
        }
        Way::Unbranded(_) | Way::Unchanged => quote!(#value),
    });
    // A value that implements `Drop` and has only `Copy` fields could be taken apart, and its destructor would run once
    // for every relocation. Hence the check, which the coherence rules make. (`allow` and not `expect`: an expectation
    // that another compiler does not fulfil would be a warning in the user's crate.)
    let no_drop = quote!(TypeWithDropNeedsHandWrittenRelocate);
    let checked = input.header(&no_drop, &demands)?;
    Ok(quote! {
        #[automatically_derived]
        #header {
            #[inline]
            fn relocate<#old, #new>(
                #value: <Self as ::polder::Rebrand>::At<#old>,
                #engine: &mut ::polder::Mover<#old, #new>,
            ) -> <Self as ::polder::Rebrand>::At<#new> {
                #body
            }
        }

        const _: () = {
            #[allow(drop_bounds, reason = "the bound is the check")]
            trait #no_drop {}
            #[automatically_derived]
            impl<__T: ::core::ops::Drop + ?::core::marker::Sized> #no_drop for __T {}
            #[automatically_derived]
            #checked {}
        };
    })
}

pub(crate) fn deep_clone(input: &Input) -> syn::Result<TokenStream> {
    let demands =
        Demands { family: quote!(::polder::DeepClone), plain: Some(quote!(::core::clone::Clone)), carries: true };
    let header = input.header(&quote!(::polder::DeepClone), &demands)?;
    let Locals { value, engine, old, new } = Locals::new();
    let by_ref = Some(Token![ref](Span::mixed_site()));
    let body = take_apart(input, &quote!(*#value), by_ref, |way, value| match way {
        Way::Branded(family) | Way::Unbranded(family) => {
            quote_spanned!(value.span()=> <#family as ::polder::DeepClone>::deep_clone(#value, #engine))
        }
        Way::Unchanged => quote_spanned!(value.span()=> ::core::clone::Clone::clone(#value)),
    });
    Ok(quote! {
        #[automatically_derived]
        #header {
            #[inline]
            fn deep_clone<#old, #new>(
                #value: &<Self as ::polder::Rebrand>::At<#old>,
                #engine: &mut ::polder::Cloner<#old, #new>,
            ) -> <Self as ::polder::Rebrand>::At<#new> {
                #body
            }
        }
    })
}

/// Names of the generated functions' own. Their hygiene keeps them apart from every name of the user's.
struct Locals {
    value: Ident,
    /// The `Mover` or `Cloner`.
    engine: Ident,
    old: Lifetime,
    new: Lifetime,
}

impl Locals {
    fn new() -> Self {
        let span = Span::mixed_site();
        Self {
            value: Ident::new("__value", span),
            engine: Ident::new("__engine", span),
            old: Lifetime::new("'__o", span),
            new: Lifetime::new("'__n", span),
        }
    }
}

/// How a field that is not rebuilt gets to the new brand.
enum Way {
    /// Through this family.
    Branded(Type),
    /// As it is, or through this family, of which the type is the member at every brand.
    Unbranded(Type),
    /// As it is.
    Unchanged,
}

/// A `match` on `scrutinee` that rebuilds each shape of the type from what `carry` makes of its fields; `carry` gets
/// the variable that holds the field's value, or a reference to it when `by_ref`.
fn take_apart(
    input: &Input,
    scrutinee: &TokenStream,
    by_ref: Option<Token![ref]>,
    carry: impl Fn(Way, &Ident) -> TokenStream,
) -> TokenStream {
    let name = &input.name;
    let arms = input.shapes.iter().map(|shape| {
        let variant = shape.variant.iter();
        let path = quote!(#name #(:: #variant)*);
        let fields = shape.fields.iter().enumerate().map(|(index, field)| {
            let member = &field.member;
            // Errors about the value, such as E0509, are to point at the field.
            let span = Span::mixed_site().located_at(field.span);
            let (pattern, value) = match way(input, field) {
                Ok(way) => {
                    let variable = Ident::new(&format!("__field{index}"), span);
                    (quote!(#by_ref #variable), carry(way, &variable))
                }
                Err(Rebuilt(value)) => (quote!(_), quote_spanned!(span=> #value)),
            };
            (quote!(#member: #pattern), quote!(#member: #value))
        });
        let (patterns, values): (Vec<_>, Vec<_>) = fields.unzip();
        quote!(#path { #(#patterns),* } => #path { #(#values),* })
    });
    quote!(match #scrutinee { #(#arms,)* })
}

/// The value of a field that takes nothing over from the old one.
struct Rebuilt(TokenStream);

fn way(input: &Input, field: &Field) -> Result<Way, Rebuilt> {
    match field.carry {
        Carry::Skip => return Ok(Way::Unchanged),
        Carry::Default => return Err(Rebuilt(quote!(::core::default::Default::default()))),
        Carry::Trait => {}
    }
    let mut family = field.ty.clone();
    match to_family(input, &mut family, |rewrite, ty| rewrite.visit_type_mut(ty)) {
        Depends::No if names_plain(input, field) || is_phantom(&family) => Ok(Way::Unchanged),
        Depends::No => Ok(Way::Unbranded(family)),
        Depends::Perhaps | Depends::Yes if is_phantom(&family) => Err(Rebuilt(quote!(::core::marker::PhantomData))),
        Depends::Perhaps | Depends::Yes => Ok(Way::Branded(family)),
    }
}

/// What `PhantomData` is marked with need not be a family, so it has no way to be one itself.
fn is_phantom(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "PhantomData"),
        Type::Group(group) => is_phantom(&group.elem),
        Type::Paren(paren) => is_phantom(&paren.elem),
        _ => false,
    }
}

fn names_plain(input: &Input, field: &Field) -> bool {
    let is_plain = |parameter: &&Parameter| matches!(parameter.kind, ParameterKind::Plain { .. });
    names_any(&field.ty, input.parameters.iter().filter(is_plain).map(|parameter| &parameter.name))
}
