#include "winnow/documents/documents.hpp"

#include "winnow/base/text.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace winnow::documents {

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

std::string why_unreadable(const std::string& file)
{
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return std::strerror(errno);
    if (S_ISDIR(status.st_mode)) return "it is a folder; name the file in it";
    if (!S_ISREG(status.st_mode)) return "it is no file";
    errno = 0;
    if (!std::ifstream(file)) return std::strerror(errno);
    return "";
}

std::string problem_of_text(const std::string& text)
{
    if (!is_valid_utf8(text)) return "is not UTF-8";
    const auto is_control = [](unsigned char c) {
        return c < 0x20 || c == 0x7F;
    };
    if (std::ranges::any_of(text, is_control)) return "holds a line feed or another control character";
    return "";
}

std::size_t line_that_is_no_text(std::string_view text)
{
    using namespace std::string_view_literals;
    for (const auto mark : {"\xFF\xFE"sv, "\xFE\xFF"sv, "\0\0\xFE\xFF"sv}) {
        if (text.starts_with(mark)) return 0;
    }
    for (std::size_t line = 1; !text.empty(); ++line) {
        const auto end = std::min(text.find('\n'), text.size() - 1);
        if (!is_valid_utf8(text.substr(0, end + 1))) return line;
        text.remove_prefix(end + 1);
    }
    return 0;
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

}  // namespace winnow::documents
