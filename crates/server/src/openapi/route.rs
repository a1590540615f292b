//! One route, and the operations that come from it.

use super::answer::Answer;
use super::failure::Failure;
use super::parameter;
use actix_web::http::StatusCode;
use origami_render::Format;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterIn, PathItemBuilder,
};
use utoipa::openapi::{PathItem, Ref, RefOr, Response, Responses};

/// A route as it is described.
pub struct Route {
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Which group it belongs to.
    group: &'static str,
    /// Names its operations; unique.
    id: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    parameters: Vec<Parameter>,
    answer: Answer,
    failures: Vec<Failure>,
}

impl Route {
    /// The route at `path`, without parameters, that can only fail as every route can.
    pub fn new(group: &'static str, id: &'static str, path: &'static str, answer: Answer) -> Self {
        let failures = vec![Failure::Method, Failure::Busy];
        Self { path, group, id, summary: "", description: None, parameters: Vec::new(), answer, failures }
    }

    /// The route of tiles at `path`, with their column and row. What else the path has is to
    /// be added.
    pub fn tile(group: &'static str, id: &'static str, path: &'static str) -> Self {
        Self::new(group, id, path, Answer::tile(Format::ALL)).with(parameter::column_and_row()).encoded()
    }

    /// Sets what it is for, in one line.
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Sets what else there is to know.
    pub fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Adds parameters.
    pub fn with(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Adds ways in which it fails.
    pub fn fails<const N: usize>(mut self, failures: [Failure; N]) -> Self {
        self.failures.extend(failures);
        self
    }

    /// Adds what is common to all that is told or shown of one slide in one version.
    pub fn of_slide(self) -> Self {
        self.with([parameter::slide(), parameter::version()]).fails([
            Failure::Malformed,
            Failure::Missing,
            Failure::Gone,
            Failure::Server,
        ])
    }

    /// Adds what is common to pixels of a slide that a worker may have to make.
    pub fn rendered(self) -> Self {
        self.of_slide().with([parameter::priority()])
    }

    /// Adds what is common to pixels that are encoded as the URL says, in the format that the
    /// path ends in or, without one, in the one that `Accept` prefers.
    pub fn encoded(self) -> Self {
        let extension = self.path.ends_with(".{format}").then(parameter::extension);
        self.with(extension).with(parameter::fidelity()).rendered()
    }

    /// The description of its path.
    pub fn item(&self) -> PathItem {
        PathItemBuilder::new()
            .operation(HttpMethod::Get, self.get())
            .operation(HttpMethod::Head, self.head())
            .operation(HttpMethod::Options, self.options())
            .build()
    }

    fn get(&self) -> Operation {
        let failures = self
            .failures
            .iter()
            .map(|failure| (failure.status(), RefOr::Ref(Ref::from_response_name(failure.name()))));
        self.operation("", self.request_parameters(), self.answers(Answer::response).chain(failures))
    }

    /// As [`Self::get`], without bodies.
    fn head(&self) -> Operation {
        let failures = self.failures.iter().map(|failure| (failure.status(), RefOr::T(failure.head())));
        self.operation("_head", self.request_parameters(), self.answers(Answer::head).chain(failures))
    }

    fn options(&self) -> Operation {
        let parameters =
            self.parameters.iter().filter(|parameter| parameter.parameter_in == ParameterIn::Path);
        // A preflight request is granted whatever the path names.
        let parameters = parameters.map(|parameter| parameter::any_in_path(&parameter.name)).collect();
        let granted = (StatusCode::NO_CONTENT, RefOr::T(Answer::preflight()));
        self.operation("_options", parameters, [granted])
    }

    /// The parameters of GET and HEAD.
    fn request_parameters(&self) -> Vec<Parameter> {
        let mut parameters = self.parameters.clone();
        if self.answer.has_tag() {
            parameters.push(parameter::if_none_match());
        }
        parameters
    }

    /// The answers that are no errors, each described by `describe`.
    fn answers(
        &self,
        describe: fn(&Answer) -> Response,
    ) -> impl Iterator<Item = (StatusCode, RefOr<Response>)> {
        let unchanged =
            self.answer.has_tag().then(|| (StatusCode::NOT_MODIFIED, RefOr::T(Answer::unchanged())));
        [(self.answer.status(), RefOr::T(describe(&self.answer)))].into_iter().chain(unchanged)
    }

    fn operation(
        &self,
        suffix: &str,
        mut parameters: Vec<Parameter>,
        responses: impl IntoIterator<Item = (StatusCode, RefOr<Response>)>,
    ) -> Operation {
        parameters.sort_by_key(|parameter| self.place(parameter));
        let responses =
            responses.into_iter().map(|(status, response)| (status.as_str().to_owned(), response));
        OperationBuilder::new()
            .tag(self.group)
            .operation_id(Some(format!("{}{suffix}", self.id)))
            .summary(Some(self.summary))
            .description(self.description)
            .parameters(Some(parameters))
            .responses(Responses::from_iter(responses))
            .build()
    }

    /// Where a parameter stands in the path; those that are elsewhere come after it.
    fn place(&self, parameter: &Parameter) -> usize {
        self.path.find(&format!("{{{}}}", parameter.name)).unwrap_or(self.path.len())
    }
}
