#!/bin/sh
# Makes build/packages/meshmq_VERSION_ARCH.deb: the same bytes for the same commit and compiler.
set -eu
cd "$(dirname "$0")/.."
version=$(tools/package_version.sh)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022
cmake --preset release -DMESHMQ_PACKAGE_VERSION="$version" -DCMAKE_INSTALL_PREFIX=/usr >/dev/null
mkdir -p build/release/package build/packages
{
    printf 'meshmq (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n' "$version"
    printf ' -- MeshMQ <meshmq@meshmq.invalid>  %s\n' "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >build/release/package/changelog.gz
cmake --build --preset release --target package_files
cpack --config build/release/CPackConfig.cmake -B build/packages >build/packages/cpack.log || {
    cat build/packages/cpack.log
    exit 1
}
rm -rf build/packages/_CPack_Packages
bin=build/release/bin
python3 tools/sbom.py "$version" $bin/meshmq $bin/meshmq_ctl $bin/meshmq_bench >build/packages/sbom.cdx.json
echo "build/packages/meshmq_${version}_$(dpkg --print-architecture).deb"
