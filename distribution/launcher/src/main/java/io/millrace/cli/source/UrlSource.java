package io.millrace.cli.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A file behind a URL, called as the last segment of its path, or as the server says. */
record UrlSource(String url, long largestBytes) implements PluginSource {

    private static final int CONNECT_MILLIS = 10_000;
    private static final int SILENCE_MILLIS = 30_000;
    private static final int TOLD_EACH_BYTES = 8 << 20;
    private static final Pattern NAMED = Pattern.compile("filename=\"?([^\";]+)\"?");

    @Override
    public Path fetch(Path work, Consumer<String> progress) throws IOException {
        URI uri;
        try {
            uri = URI.create(url);
            if (uri.getScheme().equalsIgnoreCase("file")) {
                return new LocalSource(Path.of(uri)).fetch(work, progress);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(url + " is not a URL: " + e.getMessage(), e);
        }
        progress.accept("fetching " + url);
        URLConnection connection = uri.toURL().openConnection();
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(SILENCE_MILLIS);
        try {
            if (connection instanceof HttpURLConnection http && http.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException(url + " answered " + http.getResponseCode() + " " + http.getResponseMessage());
            }
            if (connection.getContentLengthLong() > largestBytes) {
                throw tooLarge();
            }
            Path target = work.resolve(fileName(connection));
            try (InputStream in = connection.getInputStream(); OutputStream out = Files.newOutputStream(target)) {
                copy(in, out, connection.getContentLengthLong(), progress);
            }
            return target;
        } catch (java.net.SocketTimeoutException | java.net.UnknownHostException | java.net.ConnectException e) {
            throw new IOException(url + " cannot be fetched: " + e.getClass().getSimpleName() + " " + e.getMessage(), e);
        }
    }

    private void copy(InputStream in, OutputStream out, long announced, Consumer<String> progress) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        long count = 0;
        long told = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            count += read;
            if (count > largestBytes) {
                throw tooLarge();
            }
            out.write(buffer, 0, read);
            if (count - told >= TOLD_EACH_BYTES) {
                told = count;
                progress.accept("fetched " + (count >> 20) + (announced > 0 ? " of " + (announced >> 20) : "") + " MB");
            }
        }
        if (announced >= 0 && count < announced) {
            throw new IOException(url + " ended after " + count + " of " + announced + " bytes; try again");
        }
    }

    private IOException tooLarge() {
        return new IOException(url + " is larger than " + largestBytes + " bytes; raise --max-bytes (and plugin.max.bytes of the platform) if that is meant");
    }

    private static String fileName(URLConnection connection) {
        String disposition = connection.getHeaderField("Content-Disposition");
        Matcher named = NAMED.matcher(disposition == null ? "" : disposition);
        // After redirects, which may lead to a storage service with a name of its own.
        String path = named.find() ? named.group(1) : connection.getURL().getPath();
        String last = URLDecoder.decode(path.substring(path.lastIndexOf('/') + 1), StandardCharsets.UTF_8).replaceAll("[^A-Za-z0-9_.+-]", "_");
        return last.isEmpty() || last.startsWith(".") ? "plugin" : last;
    }
}
