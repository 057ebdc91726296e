package io.millrace.broker.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/**
 * A configuration key.
 *
 * @param defaultValue null if it has none: then others say what is in force
 * @param hidden       whether it is not shown unless it is set
 */
public record ConfigKey(String name, Type type, String defaultValue, Allowed allowed, String documentation, boolean hidden) {

    private static final int LONGEST = 8192;

    /** How a value's text is read. */
    public enum Type {
        BOOLEAN("true or false"), STRING("text"), INT("a whole number from -2147483648 to 2147483647"), LONG("a whole number"), DOUBLE("a number"),
        LIST("a list"), PASSWORD("text");

        private final String expectation;

        Type(String expectation) {
            this.expectation = expectation;
        }
    }

    static ConfigKey of(String name, Type type, String defaultValue, Allowed allowed, String documentation) {
        return new ConfigKey(name, type, defaultValue, allowed, documentation, false);
    }

    public boolean sensitive() {
        return type == Type.PASSWORD;
    }

    /**
     * @return the value as it is stored and shown: without blanks around it or its elements, numbers in their shortest form
     * @throws InvalidConfigurationException naming the key, the value and what is allowed
     */
    public String check(String value) {
        if (value.length() > LONGEST) {
            throw new InvalidConfigurationException(name + " has a value of " + value.length() + " characters; at most " + LONGEST + " are allowed");
        }
        String text = normalised(value);
        if (!allowed.accepts(text)) {
            throw refused(value, allowed.expectation());
        }
        return text;
    }

    private String normalised(String value) {
        String text = value.strip();
        try {
            return switch (type) {
                case STRING, PASSWORD -> text;
                case INT -> Integer.toString(Integer.parseInt(text));
                case LONG -> Long.toString(Long.parseLong(text));
                case DOUBLE -> Double.toString(finite(Double.parseDouble(text)));
                case LIST -> String.join(",", elements(text));
                case BOOLEAN -> switch (text.toLowerCase(Locale.ROOT)) {
                    case "true" -> "true";
                    case "false" -> "false";
                    default -> throw refused(value, type.expectation);
                };
            };
        } catch (NumberFormatException _) {
            throw refused(value, type.expectation);
        }
    }

    private static double finite(double number) {
        if (Double.isFinite(number)) {
            return number;
        }
        throw new NumberFormatException();
    }

    private InvalidConfigurationException refused(String value, String expectation) {
        return new InvalidConfigurationException("Invalid value " + (sensitive() ? "[hidden]" : value) + " for configuration " + name + ": it must be " + expectation);
    }

    /** The elements of a list, each once. */
    public static List<String> elements(String list) {
        return Arrays.stream(list.split(",")).map(String::strip).filter(element -> !element.isEmpty()).distinct().toList();
    }
}
