//! The type a macro is applied to, reduced to what the expansions need.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{
    Data, DeriveInput, Error, Fields, GenericParam, Generics, Ident, Lifetime, LifetimeParam, Member, PredicateType,
    Result, Type, TypeParam, TypeParamBound, WherePredicate,
};

use crate::attributes::{self, Carry};
use crate::rewrite::{Depends, to_family};

/// A region type.
pub(crate) struct Input {
    pub(crate) name: Ident,
    /// Name of the lifetime parameter, without its apostrophe.
    pub(crate) brand: Option<Ident>,
    pub(crate) parameters: Vec<Parameter>,
    /// Bounds of the type, inline ones included: what makes its members well formed.
    pub(crate) bounds: Vec<PredicateType>,
    /// Bounds of `#[region(bound(…))]`: what the fields' own implementations ask for.
    pub(crate) carry_bounds: Vec<PredicateType>,
    pub(crate) shapes: Vec<Shape>,
}

/// A type or const parameter, in order of declaration.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) kind: ParameterKind,
}

pub(crate) enum ParameterKind {
    /// Names a family; the member's argument is the family's own member.
    Family,
    /// `#[region(plain)]`: a type without a brand inside.
    Plain {
        /// Declared `?Sized`.
        unsized_too: bool,
    },
    Const(Box<Type>),
}

/// The fields of a struct or of one variant.
pub(crate) struct Shape {
    pub(crate) variant: Option<Ident>,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) carry: Carry,
    pub(crate) span: Span,
}

impl Input {
    pub(crate) fn parse(input: DeriveInput) -> Result<Self> {
        let shapes = shapes(input.data, &input.ident);
        let mut this = Self {
            name: derived(input.ident),
            brand: None,
            parameters: Vec::new(),
            bounds: Vec::new(),
            carry_bounds: Vec::new(),
            shapes: Vec::new(),
        };
        let mut errors = Errors::default();
        this.shapes = errors.keep(shapes).unwrap_or_default();
        errors.keep(this.add_generics(input.generics));
        for predicate in errors.keep(attributes::on_type(&input.attrs)).unwrap_or_default() {
            if let Some(Some(bound)) = errors.keep(this.bound(predicate)) {
                this.carry_bounds.push(bound);
            }
        }
        errors.keep(this.check_skipped());
        errors.into_result().map(|()| this)
    }

    /// rustc would find this as well, with an error about lifetimes that nobody wrote.
    fn check_skipped(&self) -> Result<()> {
        let mut errors = Errors::default();
        let fields = self.shapes.iter().flat_map(|shape| &shape.fields);
        for field in fields.filter(|field| field.carry == Carry::Skip) {
            if to_family(self, &mut field.ty.clone(), |rewrite, ty| rewrite.visit_type_mut(ty)) == Depends::Yes {
                errors.keep::<()>(Err(Error::new_spanned(
                    &field.ty,
                    "a skipped field keeps its type, but this one is another type at another brand: it names the brand, \
                     `Self`, or a type parameter that is not `#[region(plain)]`",
                )));
            }
        }
        errors.into_result()
    }

    /// Whether `name` is a type parameter that stands for a family.
    pub(crate) fn is_family(&self, name: &Ident) -> bool {
        self.parameters
            .iter()
            .any(|parameter| matches!(parameter.kind, ParameterKind::Family) && parameter.name == *name)
    }

    /// Whether members of different brands are different types at all.
    pub(crate) fn is_branded(&self) -> bool {
        self.brand.is_some() || self.parameters.iter().any(|p| matches!(p.kind, ParameterKind::Family))
    }

    fn add_generics(&mut self, generics: Generics) -> Result<()> {
        let mut errors = Errors::default();
        for parameter in generics.params {
            errors.keep(match parameter {
                GenericParam::Lifetime(parameter) => self.add_lifetime(&parameter),
                GenericParam::Type(parameter) => self.add_type(parameter),
                GenericParam::Const(parameter) => {
                    let kind = ParameterKind::Const(Box::new(parameter.ty));
                    self.parameters.push(Parameter { name: derived(parameter.ident), kind });
                    attributes::nowhere(&parameter.attrs, "a const parameter")
                }
            });
        }
        for predicate in generics.where_clause.into_iter().flat_map(|clause| clause.predicates) {
            if let Some(Some(bound)) = errors.keep(self.bound(predicate)) {
                self.bounds.push(bound);
            }
        }
        errors.into_result()
    }

    fn add_lifetime(&mut self, parameter: &LifetimeParam) -> Result<()> {
        attributes::nowhere(&parameter.attrs, "a lifetime parameter")?;
        if let Some(brand) = &self.brand {
            return Err(Error::new_spanned(
                &parameter.lifetime,
                format!(
                    "a region type has one lifetime parameter, its brand, which here is `'{brand}`; \
                     what the type holds besides references into the region is owned or `'static`"
                ),
            ));
        }
        self.brand = Some(parameter.lifetime.ident.clone());
        self.refuse_bounds_on_brand(&parameter.lifetime, parameter.bounds.iter())
    }

    fn add_type(&mut self, parameter: TypeParam) -> Result<()> {
        let plain = attributes::on_type_parameter(&parameter.attrs)?;
        let unsized_too = parameter.bounds.iter().any(lifts);
        let kind = if plain { ParameterKind::Plain { unsized_too } } else { ParameterKind::Family };
        let name = derived(parameter.ident);
        if !parameter.bounds.is_empty() {
            self.bounds.push(PredicateType {
                attrs: Vec::new(),
                lifetimes: None,
                bounded_ty: syn::parse_quote!(#name),
                colon_token: parameter.colon_token.unwrap_or_default(),
                bounds: parameter.bounds,
            });
        }
        self.parameters.push(Parameter { name, kind });
        Ok(())
    }

    /// The bound in `predicate`, or `None` where it says nothing about types.
    fn bound(&self, predicate: WherePredicate) -> Result<Option<PredicateType>> {
        match predicate {
            WherePredicate::Type(bound) => Ok(Some(bound)),
            WherePredicate::Lifetime(outlives) => {
                // `'static: 'r` always holds, and there is no other lifetime to speak of.
                self.refuse_bounds_on_brand(&outlives.lifetime, outlives.bounds.iter()).map(|()| None)
            }
            other => Err(Error::new_spanned(other, "a `where` predicate the region macros do not know")),
        }
    }

    fn refuse_bounds_on_brand<'a>(
        &self,
        lifetime: &Lifetime,
        mut bounds: impl Iterator<Item = &'a Lifetime>,
    ) -> Result<()> {
        let Some(brand) = self.brand.as_ref().filter(|brand| **brand == lifetime.ident) else { return Ok(()) };
        match bounds.find(|bound| bound.ident != *brand) {
            Some(bound) => Err(Error::new_spanned(
                bound,
                format!("the brand `'{brand}` must be able to stand for every lifetime: remove this bound"),
            )),
            None => Ok(()),
        }
    }
}

fn shapes(data: Data, name: &Ident) -> Result<Vec<Shape>> {
    match data {
        Data::Struct(data) => Ok(vec![Shape { variant: None, fields: fields(data.fields)? }]),
        Data::Enum(data) => {
            let mut errors = Errors::default();
            let mut shapes = Vec::new();
            for variant in data.variants {
                errors.keep(attributes::nowhere(&variant.attrs, "a variant"));
                if let Some(fields) = errors.keep(fields(variant.fields)) {
                    shapes.push(Shape { variant: Some(derived(variant.ident)), fields });
                }
            }
            errors.into_result().map(|()| shapes)
        }
        Data::Union(data) => {
            let message =
                format!("`{name}` is a union: nothing says which of its fields is alive, so it has no family");
            Err(Error::new(data.union_token.span, message))
        }
    }
}

fn fields(fields: Fields) -> Result<Vec<Field>> {
    let mut errors = Errors::default();
    let mut kept = Vec::new();
    for (index, field) in fields.into_iter().enumerate() {
        let span = field.ty.span();
        if let Some(carry) = errors.keep(attributes::on_field(&field.attrs)) {
            let member = field.ident.map_or_else(|| Member::from(index), |name| Member::Named(derived(name)));
            kept.push(Field { member, ty: field.ty, carry, span });
        }
    }
    errors.into_result().map(|()| kept)
}

/// Whether `bound` is `?Sized`, which lifts a demand.
pub(crate) fn lifts(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some())
}

/// `name` as if the macro had written it where it stands. Lints that spare derived code then spare its uses.
fn derived(mut name: Ident) -> Ident {
    name.set_span(Span::call_site().located_at(name.span()));
    name
}

/// Whether one of `names` occurs in `node`.
pub(crate) fn names_any<'a>(node: &impl ToTokens, names: impl Iterator<Item = &'a Ident>) -> bool {
    fn occurs(tokens: TokenStream, names: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => occurs(group.stream(), names),
            TokenTree::Ident(ident) => names.contains(&&ident),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    occurs(node.to_token_stream(), &names.collect::<Vec<_>>())
}

/// Gathers errors, so that a type with several mistakes shows them all at once.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(error) => match &mut self.0 {
                Some(errors) => errors.combine(error),
                empty => *empty = Some(error),
            },
        }
        None
    }

    pub(crate) fn into_result(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
