// The websocket to the server: reconnects by itself, with back-off and jitter so
// that a thousand screens do not come back in one moment, and notices a
// connection that is dead although the operating system has not.
import type { Message, Scope } from './protocol';

export type Status =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'waiting'; until: number; attempt: number };

export interface Listener {
  /** From where incidents go on after a break; a cursor of -1 for from the beginning. */
  incidents(): { cursor: number; view: string };
  message(message: Message): void;
  status(status: Status): void;
  /** The server has signed us out: nothing is tried again. */
  signedOut(): void;
  /** The server did not let us in; browsers do not say why. */
  refused(): void;
}

/** The server says something at least every five seconds. */
const silenceLimit = 12_000;
const connectLimit = 10_000;
const firstDelay = 500;
const longestDelay = 15_000;
/** After this long a connection was a good one and the next failure starts anew. */
const goodAfter = 10_000;
/** The server closes with this when the client is too slow. */
const tryAgainLater = 1013;
/** And with this, and these words, when nobody is signed in any more. */
const policyViolation = 1008;
const signedOut = 'signed out';

export class Connection {
  status: Status = { state: 'connecting' };
  /** When the last message came, by this machine's clock; 0 before the first. */
  heard = 0;
  private socket: WebSocket | undefined;
  private stopped = false;
  private attempt = 0;
  private openedAt = 0;
  private retryTimer = 0;
  private watchTimer = 0;

  constructor(private scope: Scope, private readonly listener: Listener) {
    window.addEventListener('online', () => this.retryNow());
    window.addEventListener('offline', () => this.lost());
    // Timers of a hidden page are slow, and those of a machine that sleeps stand
    // still; the truth is wanted when the page is seen again.
    const awake = () => {
      if (document.hidden) return;
      this.check();
      this.retryNow();
    };
    document.addEventListener('visibilitychange', awake);
    window.addEventListener('pageshow', (event) => event.persisted && awake());
    document.addEventListener('resume', awake);
    this.connect();
  }

  /** Asks for another scope; the answer is a snapshot. */
  subscribe(scope: Scope): void {
    this.scope = scope;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ subscribe: scope }));
    else if (this.socket) this.connect(); // its address has the old scope
  }

  /** Lets go of the server for good. */
  stop(): void {
    this.stopped = true;
    this.drop();
  }

  /** Connects at once when it is not connected. */
  retryNow(): void {
    if (this.status.state === 'waiting') this.connect();
  }

  private connect(): void {
    this.drop();
    if (this.stopped) return;
    this.say({ state: 'connecting' });
    const url = new URL('/api/v1/live', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    for (const [name, value] of Object.entries(this.scope)) if (value) url.searchParams.set(name, value);
    const { cursor, view } = this.listener.incidents();
    if (cursor >= 0) {
      url.searchParams.set('after', String(cursor));
      url.searchParams.set('view', view);
    }
    const socket = new WebSocket(url);
    this.socket = socket;
    this.openedAt = Date.now();
    socket.onmessage = (event: MessageEvent<string>) => {
      if (socket !== this.socket) return;
      this.heard = Date.now();
      let message: Message;
      try {
        message = JSON.parse(event.data) as Message;
        this.listener.message(message);
      } catch (error) {
        // A message that does not follow: start again from a snapshot.
        console.error('live connection starts again:', error);
        this.lost();
        return;
      }
      // Live is when there is something to show, not when a socket is open.
      if (message.type === 'snapshot') this.say({ state: 'live' });
    };
    let opened = false;
    socket.onopen = () => (opened = true);
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      if (event.code === policyViolation && event.reason === signedOut) {
        this.stop();
        this.listener.signedOut();
        return;
      }
      if (!opened) this.listener.refused();
      this.lost(event.code === tryAgainLater ? 5000 : 0);
    };
    this.watchTimer = window.setInterval(() => this.check(), 1000);
  }

  /** Gives up a connection that has been silent for too long. */
  private check(): void {
    if (!this.socket) return;
    const since = Math.max(this.heard, this.openedAt);
    const limit = this.status.state === 'live' ? silenceLimit : connectLimit;
    if (Date.now() - since > limit) this.lost();
  }

  private lost(atLeast = 0): void {
    if (!this.socket) return;
    if (this.status.state === 'live' && Date.now() - this.openedAt > goodAfter) this.attempt = 0;
    this.drop();
    const most = Math.min(longestDelay, firstDelay * 2 ** this.attempt);
    const delay = Math.max(atLeast, most / 2 + (Math.random() * most) / 2);
    this.attempt++;
    this.say({ state: 'waiting', until: Date.now() + delay, attempt: this.attempt });
    this.retryTimer = window.setTimeout(() => this.connect(), delay);
  }

  private drop(): void {
    window.clearTimeout(this.retryTimer);
    window.clearInterval(this.watchTimer);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  private say(status: Status): void {
    this.status = status;
    this.listener.status(status);
  }
}
