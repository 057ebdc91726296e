package io.millrace.launcher;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** A configuration key as a bundle declares it: {@code key = type | default | what it does}. */
record ConfigKey(String name, Type type, String defaultValue, String description) {

    enum Type {
        STRING("text"), LIST("a list with commas"), PASSWORD("text"), INT("a whole number from -2147483648 to 2147483647"), LONG("a whole number"),
        DOUBLE("a number"), BOOLEAN("true or false"),
        ADDRESS("HOST:PORT, such as 127.0.0.1:9092"), PATH("a file or folder");

        private final String expectation;

        Type(String expectation) {
            this.expectation = expectation;
        }
    }

    /** @throws IllegalArgumentException if the declaration is not one */
    static ConfigKey parse(String name, String declaration) {
        String[] parts = declaration.split("\\|", 3);
        if (parts.length < 3) {
            throw new IllegalArgumentException("configuration key " + name + " is declared as '" + declaration + "'; expected: type | default | what it does");
        }
        for (Type type : Type.values()) {
            if (type.name().equalsIgnoreCase(parts[0].strip())) {
                return new ConfigKey(name, type, parts[1].strip(), parts[2].strip());
            }
        }
        throw new IllegalArgumentException("configuration key " + name + " is declared with the unknown type '" + parts[0].strip() + "'");
    }

    boolean accepts(String value) {
        return switch (type) {
            case STRING, LIST, PASSWORD -> true;
            case INT -> isNumber(value) && Long.parseLong(value) == (int) Long.parseLong(value);
            case LONG -> isNumber(value);
            case DOUBLE -> isDecimal(value);
            case BOOLEAN -> value.equals("true") || value.equals("false");
            case ADDRESS -> isAddress(value);
            case PATH -> isPath(value);
        };
    }

    String expectation() {
        return type.expectation;
    }

    private static boolean isNumber(String value) {
        try {
            Long.parseLong(value);
            return true;
        } catch (NumberFormatException _) {
            return false;
        }
    }

    private static boolean isDecimal(String value) {
        try {
            return Double.isFinite(Double.parseDouble(value));
        } catch (NumberFormatException _) {
            return false;
        }
    }

    private static boolean isAddress(String value) {
        int colon = value.lastIndexOf(':');
        if (colon < 1 || !isNumber(value.substring(colon + 1))) {
            return false;
        }
        String host = value.substring(0, colon);
        long port = Long.parseLong(value.substring(colon + 1));
        return port >= 0 && port <= 65_535 && (host.indexOf(':') < 0 || host.startsWith("[") && host.endsWith("]"));
    }

    private static boolean isPath(String value) {
        try {
            Path.of(value);
            return true;
        } catch (InvalidPathException _) {
            return false;
        }
    }
}
