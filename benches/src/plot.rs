//! The plots of the page: SVG that has no colours of its own for text and axes, so that it suits light and dark.
//!
//! plotters writes fixed colours. Two of them, `INK` and `FAINT`, stand for the page's own and are replaced when
//! the drawing is done; the others are mid-tones that can be read on both grounds.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Stands for the colour of the text around.
const INK: RGBColor = RGBColor(1, 2, 3);
/// Stands for the same, hardly visible.
const FAINT: RGBColor = RGBColor(4, 5, 6);

/// What polder is drawn in.
pub const OURS: [RGBColor; 3] = [RGBColor(217, 95, 2), RGBColor(186, 129, 10), RGBColor(200, 70, 80)];
/// What the others are drawn in.
pub const THEIRS: [RGBColor; 8] = [
    RGBColor(50, 130, 200),
    RGBColor(30, 150, 110),
    RGBColor(140, 110, 205),
    RGBColor(125, 130, 140),
    RGBColor(200, 90, 160),
    RGBColor(95, 150, 30),
    RGBColor(20, 155, 170),
    RGBColor(160, 115, 80),
];

/// A line of a plot: figures at places along the x axis.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its colour.
    pub colour: RGBColor,
    /// Whether it is drawn thicker.
    pub ours: bool,
    /// Place, lower end, middle, upper end.
    pub points: Vec<(usize, [f64; 3])>,
}

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Whose.
    pub label: String,
    /// Its colour.
    pub colour: RGBColor,
    /// Whether it is only outlined.
    pub hollow: bool,
    /// Its length.
    pub value: f64,
    /// Its length for people, with its ratio.
    pub text: String,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// From one place of an x axis to the next.
const STRIDE: usize = 10;
const FONT: &str = "sans-serif";

/// Lines over named places. From the place `beyond` on the plot is shaded.
///
/// # Panics
///
/// Never, as drawing into a string cannot fail.
pub fn lines(places: &[String], lines: &[Line], beyond: Option<usize>, logarithmic: bool) -> String {
    drawing((420, 240), |area| {
        let values = lines.iter().flat_map(|line| &line.points).flat_map(|(_, ends)| ends).copied();
        let (low, high) = values
            .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), value| (low.min(value.max(1e-3)), high.max(value)));
        let high = if high > 0.0 { high * 1.08 } else { 1.0 };
        if logarithmic {
            log_chart(area, places, lines, low * 0.8, high * 1.2)
        } else {
            chart(area, places, lines, beyond, high)
        }
    })
}

/// Both kinds of axes differ in type, so that what is the same for them is a macro and not a function.
macro_rules! draw_lines {
    ($chart:ident, $places:ident, $lines:ident, $low:expr) => {{
        let name = |at: &i32| {
            let place = usize::try_from(*at).ok().filter(|at| at % STRIDE == 0).and_then(|at| $places.get(at / STRIDE));
            place.cloned().unwrap_or_default()
        };
        $chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(FAINT)
            .label_style((FONT, 16).into_font().color(&INK))
            .x_labels($places.len() * 2)
            .set_tick_mark_size(LabelAreaPosition::Bottom, 0)
            .x_label_formatter(&name)
            .y_label_formatter(&|value| crate::table::number(*value))
            .y_labels(5)
            .draw()?;
        // Ours last: on top where lines meet.
        for line in $lines.iter().rev() {
            let place = |at: usize| (at * STRIDE) as i32;
            let upper = line.points.iter().map(|(at, ends)| (place(*at), ends[2]));
            let lower = line.points.iter().rev().map(|(at, ends)| (place(*at), ends[0].max($low)));
            let band: Vec<(i32, f64)> = upper.chain(lower).collect();
            $chart.draw_series([Polygon::new(band, line.colour.mix(0.15))])?;
            let style = line.colour.stroke_width(if line.ours { 3 } else { 2 });
            let middle: Vec<(i32, f64)> = line.points.iter().map(|(at, ends)| (place(*at), ends[1])).collect();
            $chart.draw_series(LineSeries::new(middle.clone(), style))?;
            let dots =
                middle.into_iter().map(|at| Circle::new(at, if line.ours { 4 } else { 3 }, line.colour.filled()));
            $chart.draw_series(dots)?;
        }
        Ok(())
    }};
}

fn chart(area: &Area<'_>, places: &[String], lines: &[Line], beyond: Option<usize>, high: f64) -> Drawn {
    let (first, last) = span(places);
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(first..last, 0.0..high)?;
    if let Some(beyond) = beyond {
        let shade =
            Rectangle::new([((beyond * STRIDE - STRIDE / 2) as i32, 0.0), (last, high)], FAINT.mix(0.25).filled());
        chart.draw_series([shade])?;
    }
    draw_lines!(chart, places, lines, 0.0)
}

fn log_chart(area: &Area<'_>, places: &[String], lines: &[Line], low: f64, high: f64) -> Drawn {
    let (first, last) = span(places);
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(first..last, (low..high).log_scale())?;
    draw_lines!(chart, places, lines, low)
}

/// The ends of an x axis with a little room at both.
fn span(places: &[String]) -> (i32, i32) {
    (-3, ((places.len() - 1) * STRIDE) as i32 + 3)
}

/// Horizontal bars, one below the other, with their labels above them so that long ones fit a phone.
///
/// # Panics
///
/// Never, as drawing into a string cannot fail.
pub fn bars(bars: &[Bar]) -> String {
    const STEP: i32 = 36;
    let width = 420;
    drawing((width, bars.len() as u32 * STEP as u32 + 4), |area| {
        let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
        let label = (FONT, 16).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Top));
        let figure = (FONT, 16).into_font().color(&INK).pos(Pos::new(HPos::Right, VPos::Top));
        for (index, bar) in bars.iter().enumerate() {
            let top = index as i32 * STEP + 2;
            let end = 2 + (bar.value / longest * f64::from(width - 4)).round().max(1.0) as i32;
            area.draw(&Text::new(bar.label.clone(), (2, top), label.clone()))?;
            area.draw(&Text::new(bar.text.clone(), (width as i32 - 2, top), figure.clone()))?;
            let corners = [(2, top + 19), (end, top + 29)];
            let style = if bar.hollow { bar.colour.stroke_width(1) } else { bar.colour.filled() };
            area.draw(&Rectangle::new(corners, style))?;
        }
        Ok(())
    })
}

/// A drawing that takes its ink from the page, has no address in it and shrinks with its place.
fn drawing(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area).expect("a string takes everything");
        area.present().expect("a string takes everything");
    }
    // Inside a page the name space is known.
    text.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "")
        .replace(&format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1), "<svg role=\"img\"")
        .replace("#010203", "currentColor")
        .replace("#040506", "var(--faint)")
}
