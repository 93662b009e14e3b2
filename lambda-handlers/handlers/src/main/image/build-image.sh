#!/bin/sh
# Builds the container image of the workloads, offline: a small Java runtime made with jlink, the
# shared libraries it needs copied from this machine, the handlers, and nothing else.
#
#   build-image.sh [IMAGE]        default spillway/workloads:latest
#
# Needs: docker, a JDK 25 with jmods or a linkable run-time image (JAVA_HOME, else the newest one
# below /usr/lib/jvm), and functions.zip (mvn package). Progress goes to standard error; the
# image's name is the only line on standard output. An image that is up to date is left alone.
set -eu

image=${1:-spillway/workloads:latest}
here=$(cd "$(dirname "$0")" && pwd)
zip=$(cd "$here/../../.." && pwd)/target/functions.zip
label=dev.spillway.content

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

find_java() {
  for home in "${JAVA_HOME:-}" $(ls -d /usr/lib/jvm/* 2>/dev/null | sort -rV); do
    if [ -x "$home/bin/jlink" ] && grep -q '^JAVA_VERSION="25' "$home/release" 2>/dev/null; then
      echo "$home"
      return
    fi
  done
}

java_home=$(find_java)
[ -n "$java_home" ] || die "no JDK 25 with jlink found; set JAVA_HOME or install one below /usr/lib/jvm"
[ -f "$zip" ] || die "$zip is not there; build it first: mvn -pl lambda-handlers/handlers -am package"
command -v docker >/dev/null || die "docker is not installed"
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || die "the Docker engine does not answer; start it or set DOCKER_HOST"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$work/root
mkdir -p "$root/app"
(cd "$root/app" && "$java_home/bin/jar" -xf "$zip")

# By content, not by the zip's bytes: those hold the time of the build.
content=$(
  {
    cat "$0" "$java_home/release"
    (cd "$root/app" && find . -type f | LC_ALL=C sort | xargs sha256sum)
  } | sha256sum | cut -d' ' -f1
)
if [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$image" 2>/dev/null || :)" = "$content" ]; then
  say "$image is up to date"
  echo "$image"
  exit 0
fi

say "making a Java runtime from $(sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"/\1/p' "$java_home/release")"
# java.desktop: ImageIO. java.naming, java.xml: logging. java.management, jdk.management: memory
# figures. jdk.unsupported: Netty. jdk.crypto.ec: TLS to AWS. jdk.zipfs: Micronaut's look into jars.
"$java_home/bin/jlink" \
  --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.xml,jdk.crypto.ec,jdk.management,jdk.unsupported,jdk.zipfs \
  --strip-debug --no-header-files --no-man-pages --compress zip-6 --output "$root/java" >&2
# What draws windows or plays sound has no use here, and would want libraries of its own.
(cd "$root/java/lib" && rm -f libawt_xawt.so libjawt.so libsplashscreen.so libjsound.so)

say "copying the shared libraries it needs"
libraries() {
  # Those of the JDK's own are found beside each other; the rest comes from this machine.
  for file in "$root"/java/bin/java "$root"/java/lib/*.so "$root"/java/lib/server/*.so; do
    LD_LIBRARY_PATH=$root/java/lib:$root/java/lib/server ldd "$file" 2>/dev/null
  done | awk -v own="$root" '
    / => not found/ { print "missing " $1; next }
    $2 == "=>" && index($3, own) != 1 { print $3 }
    $1 ~ /^\// { print $1 }' | sort -u
}
libraries | while read -r library rest; do
  [ "$library" != missing ] || die "the Java runtime needs $rest, which this machine does not have"
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done || exit 1
# Not linked, but loaded by libc to find host names.
libc=$(libraries | grep '/libc\.so' | head -n 1)
for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
  [ -e "$(dirname "$libc")/$name" ] && cp -L "$(dirname "$libc")/$name" "$root$(dirname "$libc")/"
done

mkdir -p "$root/etc" "$root/tmp"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/none\nworkload:x:10001:10001:workload:/tmp:/none\n' >"$root/etc/passwd"
printf 'root:x:0:\nworkload:x:10001:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

say "importing $image"
# The serial collector holds least; 70 % leaves room for ImageIO's native memory within the
# container's limit. A job is long: it gets both compilers.
tar -C "$root" --owner=0 --group=0 --numeric-owner -cf - . | docker import \
  --change 'ENTRYPOINT ["/java/bin/java","-XX:+UseSerialGC","-XX:MaxRAMPercentage=70","-Djava.awt.headless=true","--enable-native-access=ALL-UNNAMED","--sun-misc-unsafe-memory-access=allow","-cp","/app:/app/lib/*","dev.spillway.handlers.workload.BatchMain"]' \
  --change 'ENV LANG=C.UTF-8' \
  --change 'WORKDIR /tmp' \
  --change 'USER 10001:10001' \
  --change "LABEL $label=$content" \
  --message "Spillway workloads" - "$image" >/dev/null
say "$image is built ($(docker image inspect --format '{{.Size}}' "$image" | awk '{printf "%.0f MB", $1 / 1000000}'))"
echo "$image"
