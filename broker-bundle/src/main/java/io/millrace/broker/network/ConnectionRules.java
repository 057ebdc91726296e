package io.millrace.broker.network;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;

/**
 * How many connections there may be and how fast they may come. Immutable.
 *
 * @param most           at a time, {@code max.connections}; the rest waits
 * @param mostPerAddress at a time from one address, {@code max.connections.per.ip}; the rest is refused
 * @param exceptions     instead of it from certain addresses, {@code max.connections.per.ip.overrides}
 * @param perSecond      of all of the node, {@code max.connection.creation.rate}; the rest waits
 * @param ofListener     the same of the listener alone, with its prefix
 */
public record ConnectionRules(int most, int mostPerAddress, Map<InetAddress, Integer> exceptions, int perSecond, int ofListener) {

    public static final ConnectionRules NONE = new ConnectionRules(Integer.MAX_VALUE, Integer.MAX_VALUE, Map.of(), Integer.MAX_VALUE, Integer.MAX_VALUE);

    public ConnectionRules {
        exceptions = Map.copyOf(exceptions);
    }

    /**
     * @param overrides HOST:COUNT, several with commas; a host of several addresses stands for each of them
     * @throws IllegalArgumentException naming what is no such thing, or a host that is not known
     */
    public static Map<InetAddress, Integer> parse(String overrides) {
        Map<InetAddress, Integer> counts = new HashMap<>();
        for (String override : overrides.split(",")) {
            if (override.isBlank()) {
                continue;
            }
            int colon = override.lastIndexOf(':');
            try {
                String host = override.substring(0, colon).strip().replaceAll("^\\[(.*)]$", "$1");
                int count = Integer.parseUnsignedInt(override.substring(colon + 1).strip());
                for (InetAddress address : InetAddress.getAllByName(host)) {
                    counts.put(address, count);
                }
            } catch (UnknownHostException _) {
                throw new IllegalArgumentException("'" + override.strip() + "': there is no such host");
            } catch (IndexOutOfBoundsException | NumberFormatException _) {
                throw new IllegalArgumentException("'" + override.strip() + "' is not HOST:COUNT");
            }
        }
        return counts;
    }

    int most(InetAddress address) {
        return exceptions.getOrDefault(address, mostPerAddress);
    }
}
