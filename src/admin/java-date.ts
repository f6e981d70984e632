const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Made with the first date: it costs a millisecond, and most servers never print one. */
let zoneFormat: Intl.DateTimeFormat | undefined;

/** A moment as Java's Date prints it, in the local time zone: `Sat Nov 21 07:21:11 UTC 2026`. */
export function javaDate(wallMs: number): string {
  const date = new Date(wallMs);
  zoneFormat ??= new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });
  const zone = zoneFormat.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ?? "UTC";
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  const day = `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${twoDigits(date.getDate())}`;
  return `${day} ${time} ${zone} ${date.getFullYear()}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
