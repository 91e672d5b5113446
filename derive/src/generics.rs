//! Headers of the generated implementations: parameters, the family, its member, and the bounds of both.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{
    BoundLifetimes, GenericParam, Ident, LifetimeParam, PredicateType, Result, Type, TypeParamBound, parse_quote,
};

use crate::input::{Errors, Input, ParameterKind, lifts, names_any};
use crate::rewrite::{Depends, brand_at, to_family, to_member};

/// What a derived trait asks of the type's parameters.
pub(crate) struct Demands {
    /// Of each family parameter.
    pub(crate) family: TokenStream,
    /// Of each plain parameter that is `Sized`, besides `'static`.
    pub(crate) plain: Option<TokenStream>,
    /// Whether the bounds of `#[region(bound(…))]` belong to the trait.
    pub(crate) carries: bool,
}

impl Input {
    /// The family: `Node<'static, T, N>`.
    pub(crate) fn family(&self) -> Type {
        let name = &self.name;
        let brand = self.brand.iter().map(|_| quote!('static));
        let parameters = self.parameters.iter().map(|parameter| &parameter.name);
        let arguments: Vec<_> = brand.chain(parameters.map(|name| quote!(#name))).collect();
        if arguments.is_empty() { parse_quote!(#name) } else { parse_quote!(#name<#(#arguments),*>) }
    }

    /// The member at [`brand_at`]: `Node<'__r, T::At<'__r>, N>`.
    pub(crate) fn member(&self) -> Type {
        let name = &self.name;
        let at = brand_at(Span::call_site());
        let brand = self.brand.iter().map(|_| quote!(#at));
        let parameters = self.parameters.iter().map(|parameter| {
            let name = &parameter.name;
            match parameter.kind {
                ParameterKind::Family => quote!(<#name as ::polder::Rebrand>::At<#at>),
                ParameterKind::Plain { .. } | ParameterKind::Const(_) => quote!(#name),
            }
        });
        let arguments: Vec<_> = brand.chain(parameters).collect();
        if arguments.is_empty() { parse_quote!(#name) } else { parse_quote!(#name<#(#arguments),*>) }
    }

    /// The header of `impl path for family`, from `impl` to the end of the `where` clause.
    pub(crate) fn header(&self, path: &TokenStream, demands: &Demands) -> Result<TokenStream> {
        let parameters = self.parameters.iter().map(|parameter| {
            let name = &parameter.name;
            match &parameter.kind {
                ParameterKind::Family | ParameterKind::Plain { .. } => quote!(#name),
                ParameterKind::Const(ty) => quote!(const #name: #ty),
            }
        });
        let mut predicates: Vec<TokenStream> = Vec::new();
        for parameter in &self.parameters {
            let name = &parameter.name;
            match parameter.kind {
                ParameterKind::Family => {
                    let demand = &demands.family;
                    predicates.push(quote!(#name: #demand));
                }
                ParameterKind::Plain { unsized_too } => {
                    let demand = demands.plain.iter().filter(|_| !unsized_too);
                    predicates.push(quote!(#name: 'static #(+ #demand)*));
                }
                ParameterKind::Const(_) => {}
            }
        }
        let carried = if demands.carries { &*self.carry_bounds } else { &[] };
        let mut errors = Errors::default();
        for bound in self.bounds.iter().chain(carried) {
            if let Some(bounds) = errors.keep(self.twofold(bound)) {
                predicates.extend(bounds.iter().map(|bound| quote!(#bound)));
            }
        }
        errors.into_result()?;

        let generics = if self.parameters.is_empty() { quote!() } else { quote!(<#(#parameters),*>) };
        let clause = if predicates.is_empty() { quote!() } else { quote!(where #(#predicates),*) };
        let family = self.family();
        let span = Span::mixed_site().located_at(self.name.span());
        Ok(quote_spanned!(span=> impl #generics #path for #family #clause))
    }

    /// What `bound` says of the family, and what it says of the member at every brand, one bound each.
    ///
    /// They are taken apart because a predicate with a binder of its own, as that of the member has, admits no binder
    /// in its bounds (E0316): the two are joined.
    fn twofold(&self, bound: &PredicateType) -> Result<Vec<PredicateType>> {
        let mut twofold = Vec::new();
        for single in &bound.bounds {
            // Everything inside a member outlives its brand: family parameters by `At<'r>: 'r`, the rest is 'static.
            if matches!(single, TypeParamBound::Lifetime(lifetime) if Some(&lifetime.ident) == self.brand.as_ref()) {
                continue;
            }
            let declared = PredicateType { bounds: Punctuated::from_iter([single.clone()]), ..bound.clone() };
            // Without a parameter it is true or false as it stands, which rustc finds by itself (lint trivial_bounds).
            let this = Ident::new("Self", Span::call_site());
            let names = self.parameters.iter().map(|parameter| &parameter.name);
            if !names_any(&declared, names.chain((!self.parameters.is_empty()).then_some(&this))) {
                continue;
            }
            let mut of_family = declared.clone();
            let depends = to_family(self, &mut of_family, |rewrite, bound| rewrite.visit_predicate_type_mut(bound));
            twofold.push(of_family);
            // `?Sized` is said of the parameter; of its member there is no demand to lift.
            if depends > Depends::No && !lifts(single) {
                let mut of_member = declared;
                to_member(self, &mut of_member, |rewrite, bound| rewrite.visit_predicate_type_mut(bound))?;
                quantify(&mut of_member);
                twofold.push(of_member);
            }
        }
        Ok(twofold)
    }
}

/// Puts the brand, and whatever its bounds bind, into the binder of `predicate`.
fn quantify(predicate: &mut PredicateType) {
    let brand = LifetimeParam::new(brand_at(Span::call_site()));
    let mut binder = BoundLifetimes::default();
    binder.lifetimes.push(GenericParam::Lifetime(brand));
    binder.lifetimes.extend(predicate.lifetimes.take().into_iter().flat_map(|binder| binder.lifetimes));
    for bound in &mut predicate.bounds {
        if let TypeParamBound::Trait(bound) = bound {
            binder.lifetimes.extend(bound.lifetimes.take().into_iter().flat_map(|binder| binder.lifetimes));
        }
    }
    predicate.lifetimes = Some(binder);
}
