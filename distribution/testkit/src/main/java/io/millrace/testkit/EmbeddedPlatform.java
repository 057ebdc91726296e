package io.millrace.testkit;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The platform in this process, behind a class loader that sees nothing of the test's class path: plugins meet it as they will in production. */
final class EmbeddedPlatform implements AutoCloseable {

    private final URLClassLoader loader;
    private final Object platform;

    private EmbeddedPlatform(URLClassLoader loader, Object platform) {
        this.loader = loader;
        this.platform = platform;
    }

    static EmbeddedPlatform start(Path home, Path data, Map<String, String> settings) throws IOException {
        if (Runtime.version().feature() < 25) {
            throw new IllegalStateException("Millrace runs on Java 25 or later, this is " + Runtime.version() + "; let the tests run on a newer JDK");
        }
        // Whoever asks it first decides which drivers the JVM knows: let it be the test, not a plugin.
        DriverManager.getDrivers();
        List<URL> jars = new ArrayList<>();
        try (Stream<Path> files = Files.list(home.resolve("lib"))) {
            for (Path file : files.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
                jars.add(file.toUri().toURL());
            }
        }
        URLClassLoader loader = new URLClassLoader("millrace", jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader);
        try {
            Class<?> type = loader.loadClass("io.millrace.launcher.Platform");
            Object options = type.getMethod("options", Path.class).invoke(null, home);
            options = options.getClass().getMethod("data", Path.class).invoke(options, data);
            for (Map.Entry<String, String> setting : settings.entrySet()) {
                options = options.getClass().getMethod("set", String.class, String.class).invoke(options, setting.getKey(), setting.getValue());
            }
            Object platform = type.getMethod("start", options.getClass()).invoke(null, options);
            type.getMethod("awaitStarted").invoke(platform);
            return new EmbeddedPlatform(loader, platform);
        } catch (InvocationTargetException e) {
            loader.close();
            throw new IllegalStateException("Millrace does not start from " + home + ": " + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            loader.close();
            throw new IllegalStateException(home + " is no Millrace of this version: " + e, e);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    String kafka() {
        return (String) call("listen");
    }

    String http() {
        return (String) call("http");
    }

    private Object call(String method) {
        try {
            return platform.getClass().getMethod(method).invoke(platform);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(method + ": " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        call("stop");
        loader.close();
    }
}
