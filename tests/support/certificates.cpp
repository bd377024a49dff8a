#include "support/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace winnow::test {

namespace {

constexpr std::chrono::days kValidFor{30};

void require(bool holds, const char* what)
{
    if (!holds) throw std::runtime_error(what);
}

}  // namespace

Certificate make_authority(const std::string& common_name)
{
    return crypto::make_authority(common_name, kValidFor);
}

Certificate make_certificate(const Certificate& authority, const std::string& common_name)
{
    return crypto::make_loopback_certificate(authority, common_name, kValidFor);
}

void write_file(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    require(file.good(), "file of a test");
}

TemporaryFolder::TemporaryFolder()
{
    auto pattern = (std::filesystem::temp_directory_path() / "winnow-test-XXXXXX").string();
    require(::mkdtemp(pattern.data()) != nullptr, "temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace winnow::test
