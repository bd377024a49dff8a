#pragma once

/// @file
/// docs/openapi.yaml, for tests that compare it with the code.

#include <yaml-cpp/yaml.h>

#include <sstream>
#include <string>

namespace winnow::api {

/// A schema, or the one that it refers to.
[[nodiscard]] inline YAML::Node resolved(const YAML::Node& root, const YAML::Node& schema)
{
    YAML::Node node = schema;
    while (node.IsMap() && node["$ref"]) {
        const auto reference = node["$ref"].as<std::string>();
        YAML::Node next = root;
        std::stringstream path(reference.substr(2));
        for (std::string name; std::getline(path, name, '/');) next.reset(next[name]);
        node.reset(next);
    }
    return node;
}

}  // namespace winnow::api
