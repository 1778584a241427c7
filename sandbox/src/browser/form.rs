//! Forms: the buttons of a page, and the data that each one sends.

use reqwest::Method;
use scraper::{ElementRef, Html};
use url::Url;

use super::{
    error::BrowserError,
    html::{element_text, is_hidden, selector},
    page::{Page, one_of},
};

/// A button that submits a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its text.
    pub label: String,
    /// The method of the form: `GET` or `POST`.
    pub method: String,
    /// Where the form goes.
    pub action: Url,
}

/// A form that is about to be sent.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) fields: Vec<(String, String)>,
}

/// A button, and the form it submits.
struct Submitter<'a> {
    label: String,
    element: ElementRef<'a>,
    form: ElementRef<'a>,
}

/// A named control of a form.
struct Control<'a> {
    name: &'a str,
    element: ElementRef<'a>,
}

/// All buttons of a page that can be pressed.
pub(super) fn buttons(page: &Page) -> Vec<Button> {
    let document = Html::parse_document(&page.body);
    let submitters = submitters(&document).into_iter();
    submitters
        .filter_map(|submitter| {
            let (method, action) = (submitter.method().to_string(), submitter.action(page)?);
            Some(Button { label: submitter.label, method, action })
        })
        .collect()
}

/// What pressing the button `label` sends, once `typed` is filled in.
pub(super) fn submission(
    page: &Page,
    label: &str,
    typed: &[(&str, &str)],
) -> Result<Submission, BrowserError> {
    let document = Html::parse_document(&page.body);
    let submitter = one_of(page, label, submitters(&document), |submitter| &submitter.label)?;
    let url = submitter.action(page).ok_or_else(|| BrowserError::NotAnAddress(label.to_owned()))?;
    let controls = submitter.controls();
    for (name, _) in typed {
        let fillable = controls.iter().filter(|control| control.is_fillable());
        one_of(page, name, fillable.collect(), |control| control.name)?;
    }
    let fields = controls.iter().filter_map(|control| submitter.sent(control, typed));
    let fields: Vec<_> = fields.collect();
    match controls.iter().find(|control| control.lacks_value(&fields)) {
        Some(Control { name, .. }) => {
            Err(BrowserError::FieldRequired { page: page.url.to_string(), field: (*name).to_owned() })
        }
        None => Ok(Submission { method: submitter.method(), url, fields }),
    }
}

fn submitters(document: &Html) -> Vec<Submitter<'_>> {
    let selector = selector(r#"form button, form input[type="submit" i]"#);
    let pressable = document.select(&selector).filter(|element| is_submit(*element) && !is_hidden(*element));
    pressable.filter_map(Submitter::of).collect()
}

impl<'a> Submitter<'a> {
    fn of(element: ElementRef<'a>) -> Option<Self> {
        let mut holders = element.ancestors().filter_map(ElementRef::wrap);
        let form = holders.find(|holder| holder.value().name() == "form")?;
        let label = match element.value().name() {
            "input" => element.attr("value").unwrap_or("Submit").to_owned(),
            _ => element_text(element),
        };
        Some(Self { label, element, form })
    }

    fn method(&self) -> Method {
        let method = self.element.attr("formmethod").or(self.form.attr("method")).unwrap_or("get");
        if method.eq_ignore_ascii_case("post") { Method::POST } else { Method::GET }
    }

    fn action(&self, page: &Page) -> Option<Url> {
        let action = self.element.attr("formaction").or(self.form.attr("action")).unwrap_or_default();
        page.url.join(action).ok()
    }

    /// The form's controls that have a name and are not disabled, in the page's order.
    fn controls(&self) -> Vec<Control<'a>> {
        let selector = selector("input, select, textarea, button");
        let enabled = self.form.select(&selector).filter(|element| element.attr("disabled").is_none());
        enabled.filter_map(Control::of).collect()
    }

    /// What a control adds to the form, if anything.
    fn sent(&self, control: &Control<'_>, typed: &[(&str, &str)]) -> Option<(String, String)> {
        let filled_in = typed.iter().find(|(name, _)| *name == control.name && control.is_fillable());
        let value = match filled_in {
            Some((_, value)) => (*value).to_owned(),
            None if control.is_button() && control.element != self.element => return None,
            None => control.value()?,
        };
        Some((control.name.to_owned(), value))
    }
}

impl<'a> Control<'a> {
    fn of(element: ElementRef<'a>) -> Option<Self> {
        let name = element.attr("name").filter(|name| !name.is_empty())?;
        Some(Self { name, element })
    }

    fn is_button(&self) -> bool {
        let is_input = self.element.value().name() == "input";
        let kinds = ["submit", "image", "button", "reset"];
        self.element.value().name() == "button" || is_input && kinds.contains(&kind(self.element).as_str())
    }

    /// Whether it is ticked, if it is something to tick.
    fn ticked(&self) -> Option<bool> {
        let is_box = matches!(kind(self.element).as_str(), "checkbox" | "radio");
        is_box.then(|| self.element.attr("checked").is_some())
    }

    /// Whether a person can put text into it, or choose from it.
    fn is_fillable(&self) -> bool {
        let is_open = self.element.attr("readonly").is_none() && !is_hidden(self.element);
        let takes_text = !self.is_button() && self.ticked().is_none() && kind(self.element) != "hidden";
        is_open && takes_text
    }

    /// What it sends by default; `None` when it sends nothing.
    fn value(&self) -> Option<String> {
        let value = self.element.attr("value");
        match (self.element.value().name(), self.ticked()) {
            ("textarea", _) => Some(self.element.text().collect()),
            ("select", _) => chosen_option(self.element),
            (_, Some(ticked)) => ticked.then(|| value.unwrap_or("on").to_owned()),
            (_, None) => Some(value.unwrap_or_default().to_owned()),
        }
    }

    /// Whether it must have a value, and there is none among `fields`.
    fn lacks_value(&self, fields: &[(String, String)]) -> bool {
        let has_value = fields.iter().any(|(name, value)| name == self.name && !value.is_empty());
        self.element.attr("required").is_some() && !has_value
    }
}

fn is_submit(element: ElementRef<'_>) -> bool {
    let submits = element.value().name() == "input" || matches!(kind(element).as_str(), "" | "submit");
    submits && element.attr("disabled").is_none()
}

fn kind(element: ElementRef<'_>) -> String {
    element.attr("type").unwrap_or_default().to_ascii_lowercase()
}

fn chosen_option(select: ElementRef<'_>) -> Option<String> {
    let selector = selector("option");
    let mut options = select.select(&selector);
    let first = options.clone().next();
    let chosen = options.find(|option| option.attr("selected").is_some()).or(first)?;
    Some(chosen.attr("value").map_or_else(|| element_text(chosen), str::to_owned))
}
