//! JSON schemas of parameters and answers, in the plain form that every client reads.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// Returns the schema of what a tool takes.
pub(crate) fn input<T: JsonSchema>() -> Arc<JsonObject> {
    plain::<T>(SchemaSettings::draft2020_12())
}

/// Returns the schema of what a tool gives.
pub(crate) fn output<T: JsonSchema>() -> Arc<JsonObject> {
    plain::<T>(SchemaSettings::draft2020_12().for_serialize())
}

/// Without references, nulls and number formats: some clients refuse them, and all of them cost tokens.
fn plain<T: JsonSchema>(settings: SchemaSettings) -> Arc<JsonObject> {
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    let mut schema = Value::from(settings.into_generator().into_root_schema_for::<T>());
    tidy(&mut schema);
    let Value::Object(mut object) = schema else { unreachable!("the root of every parameter and answer is a struct") };
    for noise in ["$schema", "title", "description"] {
        object.remove(noise);
    }
    Arc::new(object)
}

fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for noise in ["format", "minimum"] {
                if object.get(noise).is_some_and(|value| !value.is_object()) {
                    object.remove(noise);
                }
            }
            let is_nothing =
                |value: &Value| value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
            if object.get("default").is_some_and(is_nothing) {
                object.remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [single] = types.as_slice() {
                    let single = single.clone();
                    object.insert("type".into(), single);
                }
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
