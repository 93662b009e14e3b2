#!/bin/sh
# Builds an image whose entry point is the Java runtime interface client, offline: a Java runtime
# made with jlink, the shared libraries it needs from this machine, and the folder APP as /app.
#
#   ric-image.sh IMAGE JAVA_HOME APP HANDLER
set -eu
image=$1 java_home=$2 app=$3 handler=$4
label=dev.spillway.content

content=$({ cat "$0" "$java_home/release"; cd "$app"; find . -type f | LC_ALL=C sort | xargs sha256sum; } | sha256sum | cut -d' ' -f1)
if [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$image" 2>/dev/null || :)" = "$content" ]; then
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$work/root
mkdir -p "$root/etc" "$root/tmp" "$root/var/task"
cp -r "$app" "$root/app"
"$java_home/bin/jlink" \
  --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --compress zip-0 --output "$root/java"

# What the runtime and the client's own library are linked with; the rest lies beside them.
mkdir "$work/native"
for jar in "$app"/*client*.jar; do (cd "$work/native" && "$java_home/bin/jar" -xf "$jar"); done
for file in "$root/java/bin/java" "$root/java/lib/server/libjvm.so" "$root"/java/lib/libnet.so \
  "$root"/java/lib/libnio.so "$root"/java/lib/libzip.so "$work"/native/jni/*.so; do
  ldd "$file" 2>/dev/null || :
done | awk -v own="$root" '$2 == "=>" && $3 ~ /^\// && index($3, own) != 1 { print $3 } $1 ~ /^\// { print $1 }' |
  sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done

chmod -R a+rX "$root"
tar -C "$root" --owner=0 --group=0 --numeric-owner -cf - . | docker import \
  --change 'ENTRYPOINT ["/java/bin/java","-cp","/app/classes:/app/*","com.amazonaws.services.lambda.runtime.api.client.AWSLambda"]' \
  --change "CMD [\"$handler\"]" \
  --change 'ENV FROM_IMAGE=yes' \
  --change 'WORKDIR /var/task' \
  --change "LABEL $label=$content" - "$image" >/dev/null
