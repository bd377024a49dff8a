#include "app/documents.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace winnow::app {

std::string read_text_file(const std::string& file)
{
    if (file == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
    std::error_code unknown;
    if (std::filesystem::is_directory(file, unknown)) {
        throw std::runtime_error("cannot read \"" + file + "\": it is a folder; name the file in it");
    }
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read \"" + file + "\": " + std::strerror(errno));
    return {std::istreambuf_iterator<char>(in), {}};
}

YAML::Node one_document(const std::string& text)
{
    YAML::Node found(YAML::NodeType::Null);
    for (const auto& document : YAML::LoadAll(text)) {
        if (document.IsNull()) continue;  // nothing between two lines of ---, or after the last
        if (!found.IsNull()) {
            throw YAML::Exception(document.Mark(),
                                  "a second document begins here (after ---), and only one is read: join them, or use "
                                  "two files");
        }
        found = document;
    }
    return found;
}

}  // namespace winnow::app
